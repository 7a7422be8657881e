#pragma once
// The functions of Codec (image/codecs.h), a file each.
#include <cstdarg>
#include <cstdio>

#include "image/codecs.h"

namespace dvt::image {

bool jpeg_size(Picture* picture);
bool jpeg_decode(Picture* picture);
bool jpeg2000_size(Picture* picture);
bool jpeg2000_decode(Picture* picture);
bool png_size(Picture* picture);
bool png_decode(Picture* picture);
bool tiff_size(Picture* picture);
bool tiff_decode(Picture* picture);
bool webp_size(Picture* picture);
bool webp_decode(Picture* picture);

/// Notes why, unless an earlier reason is there already; false, to be returned.
inline bool fail(Picture& picture, const char* reason) {
  if (picture.reason[0] == '\0') std::snprintf(picture.reason, sizeof picture.reason, "%s", reason);
  return false;
}

/// Whether the size that the library now finds is the one that memory was made for.
inline bool has_size(Picture& picture, uint32_t height, uint32_t width) {
  return (height == picture.height && width == picture.width) || fail(picture, "its size is not the announced one");
}

}  // namespace dvt::image

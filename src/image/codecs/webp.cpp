// WebP by libwebp. Transparency is left out: a picture's colours are what they are below it.
#include <webp/decode.h>

#include "image/codecs/formats.h"

namespace dvt::image {
namespace {

bool read_features(Picture& picture, WebPBitstreamFeatures& features) {
  switch (WebPGetFeatures(picture.file, picture.bytes, &features)) {
    case VP8_STATUS_OK:
      return !features.has_animation || fail(picture, "it is an animation; only still pictures are decoded");
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return fail(picture, "it ends early");
    default:
      return fail(picture, "its header is damaged");
  }
}

}  // namespace

bool webp_size(Picture* picture) {
  WebPBitstreamFeatures features;
  if (!read_features(*picture, features)) return false;
  picture->height = static_cast<uint32_t>(features.height);
  picture->width = static_cast<uint32_t>(features.width);
  return true;
}

bool webp_decode(Picture* picture) {
  WebPBitstreamFeatures features;
  if (!read_features(*picture, features)) return false;
  if (!has_size(*picture, static_cast<uint32_t>(features.height), static_cast<uint32_t>(features.width))) return false;
  const size_t stride = size_t{picture->width} * 3;
  if (WebPDecodeRGBInto(picture->file, picture->bytes, picture->rgb, stride * picture->height,
                        static_cast<int>(stride)))
    return true;
  return fail(*picture, "it ends early or is damaged");
}

}  // namespace dvt::image

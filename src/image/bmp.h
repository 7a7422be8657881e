#pragma once
#include <span>

#include "image/picture.h"

namespace dvt::image {

// Windows and OS/2 bitmaps: 1, 4, 8 bits with a palette (also run-length encoded), 16, 24 and 32 bits.
// Both throw Error(kInvalidArgument).
Size bmp_size(std::span<const uint8_t> file);
void bmp_decode(std::span<const uint8_t> file, Size size, uint8_t* rgb);

}  // namespace dvt::image

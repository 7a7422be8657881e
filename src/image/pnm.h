#pragma once
#include <span>

#include "image/picture.h"

namespace dvt::image {

// Portable bitmaps, graymaps and pixmaps: P1 to P6, with one or two bytes a sample.
// Both throw Error(kInvalidArgument).
Size pnm_size(std::span<const uint8_t> file);
void pnm_decode(std::span<const uint8_t> file, Size size, uint8_t* rgb);

}  // namespace dvt::image

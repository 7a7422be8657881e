// The one symbol of the module: which formats it was built with.
#include "image/codecs.h"

#include "image/codecs/formats.h"

namespace dvt::image {
namespace {

constexpr Codecs kCodecs = {
#ifdef DOVETAIL_HAS_JPEG
    .jpeg = {&jpeg_size, &jpeg_decode},
#endif
#ifdef DOVETAIL_HAS_JPEG2000
    .jpeg2000 = {&jpeg2000_size, &jpeg2000_decode},
#endif
#ifdef DOVETAIL_HAS_PNG
    .png = {&png_size, &png_decode},
#endif
#ifdef DOVETAIL_HAS_TIFF
    .tiff = {&tiff_size, &tiff_decode},
#endif
#ifdef DOVETAIL_HAS_WEBP
    .webp = {&webp_size, &webp_decode},
#endif
};

}  // namespace
}  // namespace dvt::image

extern "C" __attribute__((visibility("default"))) const dvt::image::Codecs* dovetail_image_codecs(int version) {
  return version == dvt::image::kCodecsVersion ? &dvt::image::kCodecs : nullptr;
}

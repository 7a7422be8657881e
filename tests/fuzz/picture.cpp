// Any bytes, decoded as a picture: refused with an error, or decoded to as many pixels as the header says. The
// libraries in the module are as installed; what is instrumented is ours.
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "image/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace dvt::image;
  constexpr int64_t kMostPixels = 1 << 16;  // larger ones take long and show nothing more
  const std::span file(data, size);
  try {
    const Size found = read_size(file);
    if (found.height * found.width > kMostPixels) return 0;
    std::vector<uint8_t> pixels(static_cast<size_t>(found.height * found.width));
    decode(file, found, PixelFormat::grayscale, pixels);
  } catch (const dvt::Error&) {
  }
  return 0;
}

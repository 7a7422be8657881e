#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace dvt::image {

/// The formats of files. The order is that of Codecs (codecs.h) from jpeg on.
enum class Format { bmp, pnm, jpeg, jpeg2000, png, tiff, webp, unknown };
std::string_view to_string(Format format);
/// What the first bytes say.
Format format_of(std::span<const uint8_t> file);

enum class PixelFormat { rgb, bgr, grayscale };
inline int channels(PixelFormat format) { return format == PixelFormat::grayscale ? 1 : 3; }

/// What a file may make this process allocate memory for: 8192 x 8192 pixels and the like.
inline constexpr int64_t kMaxPixels = int64_t{1} << 26;

struct Size {
  int64_t height = 0, width = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

/// The size of the picture in a file (of the first one, where there are several), from its header.
/// Throws Error(kInvalidArgument) for what is no picture or damaged, Error(kUnsupported) for more than kMaxPixels and
/// for formats that this installation lacks.
Size read_size(std::span<const uint8_t> file);

/// The picture as height x width x channels bytes, row by row without gaps, into `pixels`, which has that size.
/// Throws as read_size() does, and when the picture has another size.
void decode(std::span<const uint8_t> file, Size size, PixelFormat format, std::span<uint8_t> pixels);

}  // namespace dvt::image

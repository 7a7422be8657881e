#include "image/picture.h"

#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"
#include "image/bmp.h"
#include "image/module.h"
#include "image/pnm.h"

namespace dvt::image {
namespace {

bool begins(std::span<const uint8_t> file, std::string_view with, size_t at = 0) {
  return file.size() >= at + with.size() && std::memcmp(file.data() + at, with.data(), with.size()) == 0;
}

[[noreturn]] void refuse(Format format, const char* reason) {
  throw Error(ErrorCode::kInvalidArgument, "a picture in ", to_string(format), " cannot be decoded: ", reason);
}

Size call_read_size(Format format, std::span<const uint8_t> file) {
  if (format == Format::bmp) return bmp_size(file);
  if (format == Format::pnm) return pnm_size(file);
  Picture p{.file = file.data(), .bytes = file.size()};
  if (!codec(format).read_size(&p)) refuse(format, p.reason);
  return {p.height, p.width};
}

void call_decode(Format format, std::span<const uint8_t> file, Size size, uint8_t* rgb) {
  if (format == Format::bmp) return bmp_decode(file, size, rgb);
  if (format == Format::pnm) return pnm_decode(file, size, rgb);
  Picture p{.file = file.data(),
            .bytes = file.size(),
            .height = static_cast<uint32_t>(size.height),
            .width = static_cast<uint32_t>(size.width),
            .rgb = rgb};
  if (!codec(format).decode(&p)) refuse(format, p.reason);
}

Format known_format(std::span<const uint8_t> file) {
  const Format format = format_of(file);
  if (format == Format::unknown)
    throw Error(ErrorCode::kInvalidArgument, "the ", file.size(),
                " bytes are no picture in BMP, PNM, JPEG, JPEG 2000, PNG, TIFF or WebP");
  return format;
}

/// ITU-R 601 with weights in units of 2^-16, rounded: as Pillow converts to its mode L.
uint8_t luminance(const uint8_t* rgb) {
  return static_cast<uint8_t>((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

}  // namespace

std::string_view to_string(Format format) {
  constexpr std::string_view kNames[] = {"BMP", "PNM", "JPEG", "JPEG 2000", "PNG", "TIFF", "WebP", "an unknown format"};
  return kNames[static_cast<size_t>(format)];
}

Format format_of(std::span<const uint8_t> file) {
  using namespace std::string_view_literals;
  if (begins(file, "\xff\xd8\xff"sv)) return Format::jpeg;
  if (begins(file, "\x89PNG\r\n\x1a\n"sv)) return Format::png;
  if (begins(file, "RIFF"sv) && begins(file, "WEBP"sv, 8)) return Format::webp;
  if (begins(file, "\0\0\0\x0cjP  \r\n\x87\n"sv) || begins(file, "\xff\x4f\xff\x51"sv)) return Format::jpeg2000;
  // Classic TIFF and BigTIFF, in either byte order.
  for (const std::string_view magic : {"II*\0"sv, "MM\0*"sv, "II+\0"sv, "MM\0+"sv})
    if (begins(file, magic)) return Format::tiff;
  if (begins(file, "BM"sv)) return Format::bmp;
  if (file.size() >= 2 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6') return Format::pnm;
  return Format::unknown;
}

Size read_size(std::span<const uint8_t> file) {
  const Format format = known_format(file);
  const Size size = call_read_size(format, file);
  if (size.height <= 0 || size.width <= 0) refuse(format, "it has no pixels");
  // Neither side is above 2^32, so that the product fits.
  if (size.height > kMaxPixels || size.width > kMaxPixels || size.height * size.width > kMaxPixels)
    throw Error(ErrorCode::kUnsupported, "a picture in ", to_string(format), " says that it has ", size.height,
                " rows of ", size.width, " pixels; at most ", kMaxPixels,
                " pixels are decoded: make it smaller before");
  return size;
}

void decode(std::span<const uint8_t> file, Size size, PixelFormat format, std::span<uint8_t> pixels) {
  const size_t count = static_cast<size_t>(size.height) * static_cast<size_t>(size.width);
  if (const Size actual = read_size(file); !(actual == size) || pixels.size() != count * channels(format))
    throw Error(ErrorCode::kInvalidArgument, "a picture of ", actual.height, " rows of ", actual.width,
                " pixels is to be decoded as ", size.height, " of ", size.width, " into ", pixels.size(), " bytes");
  if (format != PixelFormat::grayscale) {
    call_decode(known_format(file), file, size, pixels.data());
    for (size_t i = 0; format == PixelFormat::bgr && i < count; ++i) std::swap(pixels[3 * i], pixels[3 * i + 2]);
    return;
  }
  std::vector<uint8_t> rgb(count * 3);
  call_decode(known_format(file), file, size, rgb.data());
  for (size_t i = 0; i < count; ++i) pixels[i] = luminance(rgb.data() + 3 * i);
}

}  // namespace dvt::image

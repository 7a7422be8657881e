// Field offsets and encodings: "Bitmap Storage" and "Bitmap Compression" of the Windows API's documentation.
#include "image/bmp.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "base/error.h"

namespace dvt::image {
namespace {

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  throw Error(ErrorCode::kInvalidArgument, "a picture in BMP cannot be decoded: ", parts...);
}

/// Checked access to little-endian numbers.
class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> file) : file_(file) {}
  uint32_t u8(size_t at) const {
    if (at >= file_.size()) refuse("it ends early, after ", file_.size(), " bytes");
    return file_[at];
  }
  uint32_t u16(size_t at) const { return u8(at) | u8(at + 1) << 8; }
  uint32_t u32(size_t at) const { return u16(at) | u16(at + 2) << 16; }

 private:
  std::span<const uint8_t> file_;
};

enum Compression : uint32_t { kPlain = 0, kRuns8 = 1, kRuns4 = 2, kMasks = 3, kMasksWithAlpha = 6 };
constexpr size_t kFileHeader = 14, kOldHeader = 12, kHeader = 40;

struct Header {
  Size size;
  bool top_down = false;
  uint32_t bits = 0, compression = kPlain;
  size_t pixels = 0;               ///< Where they begin.
  size_t palette = 0, colors = 0;  ///< Where it begins, and its length.
  size_t color_bytes = 4;          ///< Of an entry.
  std::array<uint32_t, 3> masks{};
};

Header read_old_header(const Bytes& b, Header h) {
  h.size = {b.u16(kFileHeader + 6), b.u16(kFileHeader + 4)};
  h.bits = b.u16(kFileHeader + 10);
  h.palette = kFileHeader + kOldHeader;
  h.color_bytes = 3;
  h.colors = h.bits <= 8 ? size_t{1} << h.bits : 0;
  return h;
}

void read_masks(const Bytes& b, Header& h) {
  if (h.compression == kMasks || h.compression == kMasksWithAlpha) {
    for (size_t c = 0; c < 3; ++c) h.masks[c] = b.u32(kFileHeader + kHeader + 4 * c);
  } else if (h.bits == 16) {
    h.masks = {0x7c00, 0x3e0, 0x1f};
  } else {
    h.masks = {0xff0000, 0xff00, 0xff};
  }
}

void check(const Header& h) {
  const bool runs = h.compression == kRuns8 || h.compression == kRuns4;
  const bool masks = h.compression == kMasks || h.compression == kMasksWithAlpha;
  if (h.bits != 1 && h.bits != 4 && h.bits != 8 && h.bits != 16 && h.bits != 24 && h.bits != 32)
    refuse("it has ", h.bits, " bits a pixel");
  if (h.compression != kPlain && !runs && !masks) refuse("its compression is ", h.compression);
  if ((runs && h.bits != (h.compression == kRuns8 ? 8u : 4u)) || (masks && h.bits != 16 && h.bits != 32))
    refuse("compression ", h.compression, " does not go with ", h.bits, " bits a pixel");
  if (runs && h.top_down) refuse("run lengths go from the bottom to the top only");
  if (h.colors > 256) refuse("its palette has ", h.colors, " colours");
}

Header read_header(std::span<const uint8_t> file) {
  const Bytes b(file);
  Header h;
  h.pixels = b.u32(10);
  const uint32_t length = b.u32(kFileHeader);
  if (length == kOldHeader) {
    h = read_old_header(b, h);
    read_masks(b, h);
    check(h);
    return h;
  }
  if (length < kHeader || length > 1024) refuse("its header has ", length, " bytes");
  const auto height = static_cast<int32_t>(b.u32(kFileHeader + 8));
  h.top_down = height < 0;
  h.size = {h.top_down ? -int64_t{height} : height, static_cast<int32_t>(b.u32(kFileHeader + 4))};
  h.bits = b.u16(kFileHeader + 14);
  h.compression = b.u32(kFileHeader + 16);
  const bool masks_follow = length == kHeader && h.compression != kPlain;
  h.palette = kFileHeader + length + (masks_follow && h.compression == kMasks ? 12 : 0);
  const uint32_t used = b.u32(kFileHeader + 32);
  h.colors = h.bits > 8 ? 0 : used != 0 ? used : size_t{1} << h.bits;
  read_masks(b, h);
  check(h);
  return h;
}

using Color = std::array<uint8_t, 3>;

std::vector<Color> read_palette(const Bytes& b, const Header& h) {
  std::vector<Color> palette(256);  // indices beyond the palette are black
  for (size_t i = 0; i < h.colors; ++i)
    for (size_t c = 0; c < 3; ++c) palette[i][2 - c] = static_cast<uint8_t>(b.u8(h.palette + i * h.color_bytes + c));
  return palette;
}

/// The bits under a mask, stretched to 0..255.
uint8_t channel(uint32_t pixel, uint32_t mask) {
  if (mask == 0) return 0;
  const int shift = std::countr_zero(mask);
  return static_cast<uint8_t>(uint64_t{(pixel & mask) >> shift} * 255 / (mask >> shift));
}

uint8_t* row_of(const Header& h, uint8_t* rgb, int64_t row) {
  return rgb + (h.top_down ? row : h.size.height - 1 - row) * h.size.width * 3;
}

void decode_plain(const Bytes& b, const Header& h, uint8_t* rgb) {
  const std::vector<Color> palette = read_palette(b, h);
  const size_t stride = (static_cast<size_t>(h.size.width) * h.bits + 31) / 32 * 4;
  for (int64_t y = 0; y < h.size.height; ++y) {
    const size_t begin = h.pixels + static_cast<size_t>(y) * stride;
    uint8_t* out = row_of(h, rgb, y);
    for (size_t x = 0; x < static_cast<size_t>(h.size.width); ++x) {
      Color color;
      if (h.bits <= 8) {
        const size_t bit = x * h.bits;
        const uint32_t byte = b.u8(begin + bit / 8);
        color = palette[byte >> (8 - h.bits - bit % 8) & ((1u << h.bits) - 1)];
      } else {
        const size_t at = begin + x * h.bits / 8;
        const uint32_t pixel = h.bits == 16 ? b.u16(at) : h.bits == 32 ? b.u32(at) : b.u16(at) | b.u8(at + 2) << 16;
        for (size_t c = 0; c < 3; ++c) color[c] = channel(pixel, h.masks[c]);
      }
      out = std::copy(color.begin(), color.end(), out);
    }
  }
}

/// Run lengths: pairs of a count and an index, or of 0 and an escape. Pixels that are passed over have index 0.
class Runs {
 public:
  Runs(const Bytes& b, const Header& h, uint8_t* rgb) : b_(b), h_(h), rgb_(rgb), palette_(read_palette(b, h)) {}

  void decode() {
    for (int64_t i = 0; i < h_.size.height * h_.size.width; ++i) std::copy_n(palette_[0].data(), 3, rgb_ + 3 * i);
    size_t at = h_.pixels;
    while (y_ < h_.size.height) {
      const uint32_t count = b_.u8(at), value = b_.u8(at + 1);
      at += 2;
      if (count > 0) {
        for (uint32_t i = 0; i < count; ++i) put(h_.bits == 8 ? value : i % 2 == 0 ? value >> 4 : value & 15);
      } else if (value == 0) {  // end of the row
        x_ = 0;
        ++y_;
      } else if (value == 1) {  // end of the picture
        return;
      } else if (value == 2) {  // on to the right and up
        x_ += b_.u8(at);
        y_ += b_.u8(at + 1);
        at += 2;
      } else {
        at = literal(at, value);
      }
    }
  }

 private:
  size_t literal(size_t at, uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t byte = b_.u8(at + (h_.bits == 8 ? i : i / 2));
      put(h_.bits == 8 ? byte : i % 2 == 0 ? byte >> 4 : byte & 15);
    }
    const size_t bytes = h_.bits == 8 ? count : (count + 1) / 2;
    return at + bytes + bytes % 2;
  }
  void put(uint32_t index) {
    if (x_ < h_.size.width) std::copy_n(palette_[index].data(), 3, row_of(h_, rgb_, y_) + 3 * x_);
    ++x_;
  }

  const Bytes& b_;
  const Header& h_;
  uint8_t* rgb_;
  std::vector<Color> palette_;
  int64_t x_ = 0, y_ = 0;
};

}  // namespace

Size bmp_size(std::span<const uint8_t> file) { return read_header(file).size; }

void bmp_decode(std::span<const uint8_t> file, Size, uint8_t* rgb) {
  const Bytes b(file);
  const Header h = read_header(file);
  if (h.compression == kRuns8 || h.compression == kRuns4) return Runs(b, h, rgb).decode();
  decode_plain(b, h, rgb);
}

}  // namespace dvt::image

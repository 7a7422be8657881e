#include "image/pnm.h"

#include <algorithm>

#include "base/error.h"

namespace dvt::image {
namespace {

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  throw Error(ErrorCode::kInvalidArgument, "a picture in PNM cannot be decoded: ", parts...);
}

/// What stands before the samples.
struct Header {
  int kind = 0;  ///< 1 to 6: bitmap, graymap, pixmap as text; the same in bytes.
  Size size;
  uint32_t most = 1;  ///< The sample that is white.
  size_t end = 0;     ///< Where the samples begin.

  bool is_text() const { return kind <= 3; }
  bool is_bitmap() const { return kind == 1 || kind == 4; }
  int samples() const { return kind == 3 || kind == 6 ? 3 : 1; }
};

/// Walks text: numbers between white space and comments.
class Reader {
 public:
  Reader(std::span<const uint8_t> file, size_t at) : file_(file), at_(at) {}

  size_t at() const { return at_; }
  uint8_t byte() {
    if (at_ >= file_.size()) refuse("it ends early, at byte ", at_);
    return file_[at_++];
  }
  uint32_t number(uint32_t most) {
    skip_space();
    uint64_t n = digit(byte());
    while (at_ < file_.size() && is_digit(file_[at_]) && n <= most) n = n * 10 + digit(byte());
    if (n > most) refuse("the number at byte ", at_, " is above ", most);
    return static_cast<uint32_t>(n);
  }
  /// A pixel of a bitmap as text, where digits need no space between them.
  bool bit() {
    skip_space();
    const uint32_t n = digit(byte());
    if (n > 1) refuse("a bitmap has the sample ", n);
    return n != 0;
  }

 private:
  static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
  static bool is_space(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  uint32_t digit(uint8_t c) const {
    if (!is_digit(c)) refuse("there is no number at byte ", at_ - 1);
    return c - '0';
  }
  void skip_space() {
    for (; at_ < file_.size(); ++at_) {
      if (file_[at_] == '#')
        while (at_ < file_.size() && file_[at_] != '\n') ++at_;
      if (at_ == file_.size() || !is_space(file_[at_])) return;
    }
  }

  std::span<const uint8_t> file_;
  size_t at_;
};

Header read_header(std::span<const uint8_t> file) {
  if (file.size() < 2) refuse("it ends early");
  Header h{.kind = file[1] - '0'};
  Reader reader(file, 2);
  h.size.width = reader.number(INT32_MAX);
  h.size.height = reader.number(INT32_MAX);
  if (!h.is_bitmap()) h.most = reader.number(65535);
  if (h.most == 0) refuse("its largest sample is 0");
  if (!h.is_text()) reader.byte();  // one white space
  h.end = reader.at();
  return h;
}

/// value / most of 255, rounded to nearest and halves to even.
uint8_t scaled(uint32_t value, uint32_t most) {
  const uint32_t product = std::min(value, most) * 255, quotient = product / most, rest = product % most;
  return static_cast<uint8_t>(quotient + (2 * rest > most || (2 * rest == most && quotient % 2 == 1)));
}

void decode_bitmap(const Header& h, std::span<const uint8_t> file, uint8_t* rgb) {
  Reader reader(file, h.end);
  for (int64_t y = 0; y < h.size.height; ++y) {
    uint8_t bits = 0;
    for (int64_t x = 0; x < h.size.width; ++x) {
      if (!h.is_text()) bits = x % 8 == 0 ? reader.byte() : static_cast<uint8_t>(bits << 1);
      const bool black = h.is_text() ? reader.bit() : (bits & 0x80) != 0;
      rgb = std::fill_n(rgb, 3, static_cast<uint8_t>(black ? 0 : 255));
    }
  }
}

}  // namespace

Size pnm_size(std::span<const uint8_t> file) { return read_header(file).size; }

void pnm_decode(std::span<const uint8_t> file, Size size, uint8_t* rgb) {
  const Header h = read_header(file);
  if (h.is_bitmap()) return decode_bitmap(h, file, rgb);
  Reader reader(file, h.end);
  const auto sample = [&] {
    if (h.is_text()) return scaled(reader.number(h.most), h.most);
    uint32_t value = reader.byte();
    if (h.most > 255) value = value << 8 | reader.byte();
    return scaled(value, h.most);
  };
  for (int64_t i = 0; i < size.height * size.width; ++i) {
    if (h.samples() == 1) {
      rgb = std::fill_n(rgb, 3, sample());
    } else {
      for (int c = 0; c < 3; ++c) *rgb++ = sample();
    }
  }
}

}  // namespace dvt::image

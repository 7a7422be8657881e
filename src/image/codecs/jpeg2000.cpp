// JPEG 2000 by OpenJPEG: files (JP2) and bare code streams. The size is read here, from the SIZ marker (ISO/IEC
// 15444-1, A.5.1), before the library makes tables that a hostile header could ask for.
#include <openjpeg.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "image/codecs/formats.h"

namespace dvt::image {
namespace {

constexpr uint64_t kMaxTiles = 1 << 14;
constexpr uint32_t kMaxComponents = 4;
constexpr uint32_t kStart = 0xff4f, kSizMarker = 0xff51;

/// Checked access to big-endian numbers; zeros behind the end.
struct Bytes {
  const uint8_t* data;
  size_t count;

  uint32_t u16(size_t at) const { return at + 2 <= count ? static_cast<uint32_t>(data[at] << 8 | data[at + 1]) : 0; }
  uint32_t u32(size_t at) const { return u16(at) << 16 | u16(at + 2); }
};

bool is_bare(const Picture& p) { return Bytes{p.file, p.bytes}.u16(0) == kStart; }

/// Where the code stream begins; the end of the file when there is none.
size_t find_stream(const Picture& p) {
  if (is_bare(p)) return 0;
  const Bytes b{p.file, p.bytes};
  size_t at = 0;
  while (p.bytes - at >= 8) {
    uint64_t length = b.u32(at), header = 8;
    if (length == 1) {
      if (p.bytes - at < 16) break;
      length = uint64_t{b.u32(at + 8)} << 32 | b.u32(at + 12);
      header = 16;
    }
    if (b.u32(at + 4) == 0x6a703263) return at + header;  // "jp2c"
    if (length < header || length > p.bytes - at) break;  // 0, to the end of the file, can only be the last one
    at += length;
  }
  return p.bytes;
}

uint64_t tiles_along(uint64_t end, uint64_t origin, uint64_t tile) { return (end - origin + tile - 1) / tile; }

bool read_size(Picture& p) {
  const size_t at = find_stream(p);
  const Bytes b{p.file, p.bytes};
  if (p.bytes - at < 42 || b.u16(at) != kStart || b.u16(at + 2) != kSizMarker)
    return fail(p, "it has no code stream, or ends early");
  const uint64_t right = b.u32(at + 8), bottom = b.u32(at + 12), left = b.u32(at + 16), top = b.u32(at + 20);
  const uint64_t tile_width = b.u32(at + 24), tile_height = b.u32(at + 28);
  const uint64_t tile_left = b.u32(at + 32), tile_top = b.u32(at + 36);
  const uint32_t components = b.u16(at + 40);
  if (left >= right || top >= bottom || tile_width == 0 || tile_height == 0 || tile_left > left || tile_top > top)
    return fail(p, "its header makes no sense");
  if (components < 1 || components > kMaxComponents) return fail(p, "it has other than 1 to 4 components");
  const uint64_t across = tiles_along(right, tile_left, tile_width), down = tiles_along(bottom, tile_top, tile_height);
  if (across > kMaxTiles || down > kMaxTiles || across * down > kMaxTiles)
    return fail(p, "it has more than 16384 tiles");
  p.height = static_cast<uint32_t>(bottom - top);
  p.width = static_cast<uint32_t>(right - left);
  return true;
}

/// Reads memory as a file.
struct Source {
  const Picture* picture;
  size_t at;
};

OPJ_SIZE_T on_read(void* to, OPJ_SIZE_T count, void* user) {
  Source& s = *static_cast<Source*>(user);
  const size_t n = std::min<size_t>(count, s.picture->bytes - s.at);
  if (n == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(to, s.picture->file + s.at, n);
  s.at += n;
  return n;
}

OPJ_OFF_T on_skip(OPJ_OFF_T count, void* user) {
  Source& s = *static_cast<Source*>(user);
  if (count < 0 || static_cast<size_t>(count) > s.picture->bytes - s.at) return -1;
  s.at += static_cast<size_t>(count);
  return count;
}

OPJ_BOOL on_seek(OPJ_OFF_T to, void* user) {
  Source& s = *static_cast<Source*>(user);
  if (to < 0 || static_cast<size_t>(to) > s.picture->bytes) return OPJ_FALSE;
  s.at = static_cast<size_t>(to);
  return OPJ_TRUE;
}

void on_error(const char* text, void* user) {
  char line[sizeof Picture::reason];
  std::snprintf(line, sizeof line, "%s", text);
  line[std::strcspn(line, "\n")] = '\0';
  fail(*static_cast<Picture*>(user), line);
}

void ignore(const char*, void*) {}

struct Free {
  void operator()(opj_stream_t* s) const { opj_stream_destroy(s); }
  void operator()(opj_image_t* i) const { opj_image_destroy(i); }
};
/// opj_codec_t is a void.
struct Codec2000 {
  explicit Codec2000(opj_codec_t* c) : codec(c) {}
  Codec2000(const Codec2000&) = delete;
  ~Codec2000() { opj_destroy_codec(codec); }
  opj_codec_t* const codec;
};

/// A component's sample as 8 bits.
int sample(const opj_image_comp_t& c, uint32_t y, uint32_t x) {
  const uint32_t row = std::min(y / c.dy, c.h - 1), column = std::min(x / c.dx, c.w - 1);
  const int64_t most = (int64_t{1} << c.prec) - 1;
  int64_t v = int64_t{c.data[size_t{row} * c.w + column]} + (c.sgnd ? int64_t{1} << (c.prec - 1) : 0);
  v = std::clamp<int64_t>(v, 0, most);
  return static_cast<int>(c.prec >= 8 ? v >> (c.prec - 8) : v * 255 / most);
}

bool is_usable(const opj_image_t& image) {
  for (uint32_t c = 0; c < image.numcomps; ++c) {
    const opj_image_comp_t& comp = image.comps[c];
    if (!comp.data || comp.w == 0 || comp.h == 0 || comp.dx == 0 || comp.dy == 0 || comp.prec < 1 || comp.prec > 31)
      return false;
  }
  return image.numcomps >= 1;
}

uint8_t to_byte(double v) { return static_cast<uint8_t>(std::clamp(v + 0.5, 0.0, 255.0)); }

void write_pixels(const opj_image_t& image, Picture& p) {
  const int colors = image.numcomps >= 3 ? 3 : 1;
  const bool subsampled = colors == 3 && image.comps[1].dx != image.comps[0].dx;
  const bool is_ycc = colors == 3 && (image.color_space == OPJ_CLRSPC_SYCC ||
                                      (image.color_space == OPJ_CLRSPC_UNSPECIFIED && subsampled));
  uint8_t* rgb = p.rgb;
  for (uint32_t y = 0; y < p.height; ++y)
    for (uint32_t x = 0; x < p.width; ++x, rgb += 3) {
      int v[3];
      for (int c = 0; c < 3; ++c) v[c] = c < colors ? sample(image.comps[c], y, x) : v[0];
      if (is_ycc) {  // full range, ITU-R 601
        const double cb = v[1] - 128, cr = v[2] - 128;
        rgb[0] = to_byte(v[0] + 1.402 * cr);
        rgb[1] = to_byte(v[0] - 0.344136 * cb - 0.714136 * cr);
        rgb[2] = to_byte(v[0] + 1.772 * cb);
      } else {
        for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(v[c]);
      }
    }
}

}  // namespace

bool jpeg2000_size(Picture* picture) { return read_size(*picture); }

bool jpeg2000_decode(Picture* picture) {
  const uint32_t height = picture->height, width = picture->width;
  if (!read_size(*picture) || !has_size(*picture, height, width)) return false;
  Source source{picture, 0};
  const std::unique_ptr<opj_stream_t, Free> stream(opj_stream_create(1 << 16, OPJ_TRUE));
  const Codec2000 c(opj_create_decompress(is_bare(*picture) ? OPJ_CODEC_J2K : OPJ_CODEC_JP2));
  if (!stream || !c.codec) return fail(*picture, "out of memory");
  opj_stream_set_read_function(stream.get(), &on_read);
  opj_stream_set_skip_function(stream.get(), &on_skip);
  opj_stream_set_seek_function(stream.get(), &on_seek);
  opj_stream_set_user_data(stream.get(), &source, nullptr);
  opj_stream_set_user_data_length(stream.get(), picture->bytes);
  opj_set_error_handler(c.codec, &on_error, picture);
  opj_set_warning_handler(c.codec, &ignore, nullptr);
  opj_set_info_handler(c.codec, &ignore, nullptr);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* read = nullptr;
  const bool begun = opj_setup_decoder(c.codec, &parameters) && opj_read_header(stream.get(), c.codec, &read);
  const std::unique_ptr<opj_image_t, Free> image(read);
  if (!begun || !image) return fail(*picture, "its header is damaged");
  if (!has_size(*picture, image->y1 - image->y0, image->x1 - image->x0)) return false;
  if (!opj_decode(c.codec, stream.get(), image.get()) || !opj_end_decompress(c.codec, stream.get()))
    return fail(*picture, "it ends early or is damaged");
  if (!is_usable(*image)) return fail(*picture, "a component has no samples");
  write_pixels(*image, *picture);
  return true;
}

}  // namespace dvt::image

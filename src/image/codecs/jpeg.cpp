// JPEG by libjpeg-turbo: its defaults (accurate integer transform, fancy upsampling) are what the operator's standard
// describes. The library reports errors by longjmp: between setjmp and there stand plain structs only.
#include <csetjmp>
#include <cstdio>

#include <jpeglib.h>

#include <jerror.h>

#include "image/codecs/formats.h"

namespace dvt::image {
namespace {

/// A progressive file may have any number of passes over the whole picture.
constexpr int kMaxScans = 500;

struct Decoder {
  jpeg_decompress_struct base;
  jpeg_error_mgr errors;
  jpeg_progress_mgr progress;
  jmp_buf back;
  Picture* picture;
};

Decoder& decoder_of(j_common_ptr base) { return *static_cast<Decoder*>(base->client_data); }

[[noreturn]] void leave(j_common_ptr base) {
  Decoder& d = decoder_of(base);
  char text[JMSG_LENGTH_MAX];
  base->err->format_message(base, text);
  fail(*d.picture, text);
  std::longjmp(d.back, 1);
}

/// Warnings are errors where pixels are missing or made up; superfluous bytes, for one, do no harm.
void on_message(j_common_ptr base, int level) {
  const int code = base->err->msg_code;
  if (level < 0 && (code == JWRN_HIT_MARKER || code == JWRN_JPEG_EOF || code == JWRN_HUFF_BAD_CODE ||
                    code == JWRN_ARITH_BAD_CODE || code == JWRN_MUST_RESYNC))
    leave(base);
}

void on_progress(j_common_ptr base) {
  Decoder& d = decoder_of(base);
  if (d.base.input_scan_number <= kMaxScans) return;
  fail(*d.picture, "it has more than 500 scans");
  std::longjmp(d.back, 1);
}

void begin(Decoder& d) {
  d.base.err = jpeg_std_error(&d.errors);
  d.errors.error_exit = &leave;
  d.errors.emit_message = &on_message;
  d.base.client_data = &d;
  jpeg_create_decompress(&d.base);  // keeps err and client_data
  d.progress.progress_monitor = &on_progress;
  d.base.progress = &d.progress;
  jpeg_mem_src(&d.base, d.picture->file, d.picture->bytes);
  jpeg_read_header(&d.base, TRUE);
}

/// The inks are inverted, as Adobe's programs write them; a colour is what they leave of the black one's rest.
void cmyk_to_rgb(const JSAMPLE* in, uint8_t* rgb, uint32_t width) {
  for (uint32_t x = 0; x < width; ++x, in += 4, rgb += 3)
    for (int c = 0; c < 3; ++c) {
      const int light = in[3], product = (255 - in[c]) * light + 128;
      const int rest = light - (((product >> 8) + product) >> 8);
      rgb[c] = static_cast<uint8_t>(rest < 0 ? 0 : rest);
    }
}

bool read_rows(Decoder& d) {
  const bool inks = d.base.jpeg_color_space == JCS_CMYK || d.base.jpeg_color_space == JCS_YCCK;
  d.base.out_color_space = inks ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(&d.base);
  if (!has_size(*d.picture, d.base.output_height, d.base.output_width)) return false;
  const JDIMENSION width = d.base.output_width;
  JSAMPARRAY scratch =
      inks ? d.base.mem->alloc_sarray(reinterpret_cast<j_common_ptr>(&d.base), JPOOL_IMAGE, width * 4, 1) : nullptr;
  while (d.base.output_scanline < d.base.output_height) {
    uint8_t* out = d.picture->rgb + size_t{d.base.output_scanline} * width * 3;
    JSAMPROW row = inks ? scratch[0] : out;
    if (jpeg_read_scanlines(&d.base, &row, 1) != 1) return fail(*d.picture, "it ends early");
    if (inks) cmyk_to_rgb(row, out, width);
  }
  jpeg_finish_decompress(&d.base);
  return true;
}

/// What `body` says of a file whose header has been read; false where the library gives up.
bool with_decoder(Picture& picture, bool (*body)(Decoder&)) {
  Decoder d{};
  d.picture = &picture;
  if (setjmp(d.back)) {
    jpeg_destroy_decompress(&d.base);
    return false;
  }
  begin(d);
  const bool done = body(d);
  jpeg_destroy_decompress(&d.base);
  return done;
}

}  // namespace

bool jpeg_size(Picture* picture) {
  return with_decoder(*picture, [](Decoder& d) {
    d.picture->height = d.base.image_height;
    d.picture->width = d.base.image_width;
    return true;
  });
}

bool jpeg_decode(Picture* picture) {
  return with_decoder(*picture, [](Decoder& d) {
    return has_size(*d.picture, d.base.image_height, d.base.image_width) && read_rows(d);
  });
}

}  // namespace dvt::image

// PNG by libpng, any kind turned to 8-bit RGB: palettes and grays spread out, 16 bits cut to the upper 8, transparency
// left out. The library reports errors by longjmp: between setjmp and there stand plain structs only.
#include <csetjmp>
#include <cstring>

#include <png.h>

#include "image/codecs/formats.h"

namespace dvt::image {
namespace {

struct Decoder {
  png_structp png;
  png_infop info;
  Picture* picture;
  size_t at;
};

void on_error(png_structp png, png_const_charp text) {
  fail(*static_cast<Decoder*>(png_get_error_ptr(png))->picture, text);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep to, size_t count) {
  Decoder& d = *static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > d.picture->bytes - d.at) png_error(png, "it ends early");
  std::memcpy(to, d.picture->file + d.at, count);
  d.at += count;
}

void read_header(Decoder& d) {
  png_set_read_fn(d.png, &d, &on_read);
  png_set_user_limits(d.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the caller has a limit on pixels
  png_read_info(d.png, d.info);
}

void read_rows(Decoder& d) {
  png_set_expand(d.png);
  png_set_strip_16(d.png);
  png_set_strip_alpha(d.png);
  png_set_gray_to_rgb(d.png);
  const int passes = png_set_interlace_handling(d.png);
  png_read_update_info(d.png, d.info);
  const size_t stride = size_t{d.picture->width} * 3;
  if (png_get_rowbytes(d.png, d.info) != stride) png_error(d.png, "its rows have another length");
  for (int pass = 0; pass < passes; ++pass)
    for (uint32_t y = 0; y < d.picture->height; ++y) png_read_row(d.png, d.picture->rgb + y * stride, nullptr);
  png_read_end(d.png, nullptr);
}

/// `step` is called between setjmp and the end, with the header read.
bool with_header(Picture* picture, bool (*step)(Decoder&)) {
  Decoder d{};
  d.picture = picture;
  d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, &on_error, &on_warning);
  d.info = d.png ? png_create_info_struct(d.png) : nullptr;
  if (!d.info) {
    png_destroy_read_struct(&d.png, nullptr, nullptr);
    return fail(*picture, "out of memory");
  }
  if (setjmp(png_jmpbuf(d.png))) {
    png_destroy_read_struct(&d.png, &d.info, nullptr);
    return false;
  }
  read_header(d);
  const bool done = step(d);
  png_destroy_read_struct(&d.png, &d.info, nullptr);
  return done;
}

bool note_size(Decoder& d) {
  d.picture->height = png_get_image_height(d.png, d.info);
  d.picture->width = png_get_image_width(d.png, d.info);
  return true;
}

bool decode_rows(Decoder& d) {
  if (!has_size(*d.picture, png_get_image_height(d.png, d.info), png_get_image_width(d.png, d.info))) return false;
  read_rows(d);
  return true;
}

}  // namespace

bool png_size(Picture* picture) { return with_header(picture, &note_size); }

bool png_decode(Picture* picture) { return with_header(picture, &decode_rows); }

}  // namespace dvt::image

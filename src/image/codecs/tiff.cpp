// TIFF by libtiff's conversion to RGBA, which knows every kind of sample, compression and tiling. The first picture of
// a file counts; a row is turned as the file's orientation says.
#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

#include "image/codecs/formats.h"

namespace dvt::image {
namespace {

/// Reads memory as a file.
struct Source {
  Picture* picture;
  uint64_t at;
};

Source& source_of(thandle_t handle) { return *static_cast<Source*>(handle); }

tmsize_t on_read(thandle_t handle, void* to, tmsize_t count) {
  Source& s = source_of(handle);
  const uint64_t left = s.at < s.picture->bytes ? s.picture->bytes - s.at : 0;
  const uint64_t n = std::min<uint64_t>(left, static_cast<uint64_t>(std::max<tmsize_t>(count, 0)));
  if (n > 0) std::memcpy(to, s.picture->file + s.at, n);
  s.at += n;
  return static_cast<tmsize_t>(n);
}

tmsize_t on_write(thandle_t, void*, tmsize_t) { return -1; }

toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
  Source& s = source_of(handle);
  s.at = whence == SEEK_SET ? offset : whence == SEEK_CUR ? s.at + offset : s.picture->bytes + offset;
  return s.at;
}

int on_close(thandle_t) { return 0; }

toff_t on_size(thandle_t handle) { return source_of(handle).picture->bytes; }

int on_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
  char text[sizeof Picture::reason];
  std::vsnprintf(text, sizeof text, format, arguments);
  fail(*static_cast<Picture*>(user), text);
  return 1;
}

int on_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }

struct CloseFile {
  void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using File = std::unique_ptr<TIFF, CloseFile>;

struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

constexpr tmsize_t kMaxAllocation = tmsize_t{1} << 30;

File open(Source& source) {
  const std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
  if (!options) return nullptr;
  // Handlers of this file, not those of the process, which belong to the program.
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), &on_error, source.picture);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), &on_warning, nullptr);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), kMaxAllocation);
  File file(TIFFClientOpenExt("picture", "rm", &source, &on_read, &on_write, &on_seek, &on_close, &on_size, nullptr,
                              nullptr, options.get()));
  if (!file) fail(*source.picture, "its header is damaged");
  return file;
}

struct Form {
  uint32_t height = 0, width = 0;  ///< As stored.
  uint16_t orientation = ORIENTATION_TOPLEFT;

  bool is_turned() const { return orientation >= ORIENTATION_LEFTTOP; }  // rows are columns
};

bool read_form(TIFF* tiff, Picture& picture, Form& form) {
  if (!TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &form.height) || !TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &form.width))
    return fail(picture, "it does not say how large it is");
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ORIENTATION, &form.orientation);
  if (form.orientation < ORIENTATION_TOPLEFT || form.orientation > ORIENTATION_LEFTBOT)
    form.orientation = ORIENTATION_TOPLEFT;
  return true;
}

/// libtiff multiplies colours by an alpha that is not associated with them; the colours are wanted as they are stored.
void keep_colors(TIFF* tiff) {
  uint16_t count = 0;
  const uint16_t* kinds = nullptr;
  if (!TIFFGetField(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) || count == 0 || !kinds) return;
  std::vector<uint16_t> associated(kinds, kinds + count);
  std::replace(associated.begin(), associated.end(), uint16_t{EXTRASAMPLE_UNASSALPHA},
               uint16_t{EXTRASAMPLE_ASSOCALPHA});
  TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, count, associated.data());
}

/// Where the pixel that is stored in row y, column x, is shown. `last` are the last row and column as stored.
struct Place {
  uint32_t row, column;
};
Place shown(uint16_t orientation, uint32_t y, uint32_t x, Place last) {
  switch (orientation) {
    case ORIENTATION_TOPRIGHT:
      return {y, last.column - x};
    case ORIENTATION_BOTRIGHT:
      return {last.row - y, last.column - x};
    case ORIENTATION_BOTLEFT:
      return {last.row - y, x};
    case ORIENTATION_LEFTTOP:
      return {x, y};
    case ORIENTATION_RIGHTTOP:
      return {x, last.row - y};
    case ORIENTATION_RIGHTBOT:
      return {last.column - x, last.row - y};
    case ORIENTATION_LEFTBOT:
      return {last.column - x, y};
    default:
      return {y, x};
  }
}

bool decode(Picture& picture) {
  Source source{&picture, 0};
  const File file = open(source);
  Form form;
  if (!file || !read_form(file.get(), picture, form)) return false;
  const bool turned = form.is_turned();
  if (!has_size(picture, turned ? form.width : form.height, turned ? form.height : form.width)) return false;
  keep_colors(file.get());
  std::vector<uint32_t> pixels(size_t{form.height} * form.width);
  // As stored: the rows that libtiff is asked for begin where the file's do.
  if (!TIFFReadRGBAImageOriented(file.get(), form.width, form.height, pixels.data(), form.orientation, 1))
    return fail(picture, "it ends early or is damaged");
  if (picture.reason[0] != '\0') return false;  // some errors are reported and passed over
  for (uint32_t y = 0; y < form.height; ++y)
    for (uint32_t x = 0; x < form.width; ++x) {
      const uint32_t pixel = pixels[size_t{y} * form.width + x];
      const Place at = shown(form.orientation, y, x, {form.height - 1, form.width - 1});
      uint8_t* rgb = picture.rgb + (size_t{at.row} * picture.width + at.column) * 3;
      rgb[0] = static_cast<uint8_t>(TIFFGetR(pixel));
      rgb[1] = static_cast<uint8_t>(TIFFGetG(pixel));
      rgb[2] = static_cast<uint8_t>(TIFFGetB(pixel));
    }
  return true;
}

}  // namespace

bool tiff_size(Picture* picture) {
  Source source{picture, 0};
  const File file = open(source);
  Form form;
  if (!file || !read_form(file.get(), *picture, form)) return false;
  picture->height = form.is_turned() ? form.width : form.height;
  picture->width = form.is_turned() ? form.height : form.width;
  return true;
}

bool tiff_decode(Picture* picture) {
  try {
    return decode(*picture);
  } catch (const std::bad_alloc&) {
    return fail(*picture, "out of memory");
  }
}

}  // namespace dvt::image

#include "cli/npy.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "base/packed.h"
#include "cli/exit_codes.h"
#include "cli/npy_text.h"

namespace dovetail::cli {
namespace {

using dvt::concat;

struct TypeRow {
  DataType type;
  const char* name;
  const char* npy;  ///< NumPy's type of the same width; the first row that has one is what a file is read as.
  int bits;
};
constexpr TypeRow kTypes[] = {
    {DataType::kFLOAT, "f32", "<f4", 32},
    {DataType::kFLOAT64, "f64", "<f8", 64},
    {DataType::kHALF, "f16", "<f2", 16},
    {DataType::kINT8, "i8", "|i1", 8},
    {DataType::kINT16, "i16", "<i2", 16},
    {DataType::kINT32, "i32", "<i4", 32},
    {DataType::kINT64, "i64", "<i8", 64},
    {DataType::kUINT8, "u8", "|u1", 8},
    {DataType::kUINT16, "u16", "<u2", 16},
    {DataType::kUINT32, "u32", "<u4", 32},
    {DataType::kUINT64, "u64", "<u8", 64},
    {DataType::kBOOL, "bool", "|b1", 8},
    {DataType::kBF16, "bf16", "<u2", 16},
    {DataType::kFP8, "fp8", "|u1", 8},
    {DataType::kFP8E5M2, "fp8e5m2", "|u1", 8},
    {DataType::kFP8E4M3FNUZ, "fp8e4m3fnuz", "|u1", 8},
    {DataType::kFP8E5M2FNUZ, "fp8e5m2fnuz", "|u1", 8},
    {DataType::kE8M0, "fp8e8m0", "|u1", 8},
    {DataType::kINT4, "i4", "|i1", 4},
    {DataType::kUINT4, "u4", "|u1", 4},
    {DataType::kFP4, "fp4", "|u1", 4},
    {DataType::kINT2, "i2", "|i1", 2},
    {DataType::kUINT2, "u2", "|u1", 2},
    {DataType::kTEXT, "text", "", 128},  // its type in a file says the longest
};

const TypeRow& row(DataType t) {
  for (const TypeRow& r : kTypes)
    if (r.type == t) return r;
  throw Failure(kUnsupported, concat("arrays of data type ", static_cast<int>(t), " cannot be read or written"));
}

[[noreturn]] void bad(const std::string& where, std::string_view why) {
  throw Failure(kFailed, concat("'", where, "': not a usable .npy array: ", why));
}

// Elements that share bytes, one a byte, and back. Signed ones are extended, as NumPy's i1 has them.
std::vector<std::byte> spread(const Array& a) {
  const int bits = row(a.type).bits;
  const bool is_signed = row(a.type).npy[1] == 'i';
  std::vector<std::byte> out(static_cast<size_t>(a.volume()));
  for (size_t i = 0; i < out.size(); ++i) {
    const unsigned value = dvt::load_packed(a.bytes.data(), static_cast<int64_t>(i), bits);
    out[i] = static_cast<std::byte>(is_signed ? dvt::sign_extended(value, bits) : static_cast<int>(value));
  }
  return out;
}
std::vector<std::byte> packed(const Array& a, int bits) {
  std::vector<std::byte> out((a.bytes.size() * static_cast<size_t>(bits) + 7) / 8);
  for (size_t i = 0; i < a.bytes.size(); ++i)
    dvt::store_packed(out.data(), static_cast<int64_t>(i), bits, static_cast<uint64_t>(a.bytes[i]));
  return out;
}

/// Bytes of an element in a file.
size_t file_width(DataType t) { return static_cast<size_t>(std::max(row(t).bits, 8)) / 8; }

// The header is a Python dict literal with a fixed set of keys.
std::string_view field(std::string_view header, std::string_view key, const std::string& where) {
  const size_t at = header.find(key);
  if (at == std::string_view::npos) bad(where, concat("its header has no ", key));
  std::string_view rest = header.substr(at + key.size());
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(": ")));
  return rest;
}

DataType parse_type(std::string_view descr, const std::string& where) {
  for (const TypeRow& r : kTypes)
    if (descr == r.npy) return r.type;
  bad(where, concat("its element type '", descr, "' is not supported (little-endian numbers and bool are)"));
}

std::vector<int64_t> parse_dims(std::string_view text, const std::string& where) {
  std::vector<int64_t> dims;
  const size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) bad(where, "its shape cannot be read");
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" ,")));
    if (text.empty()) break;
    int64_t d = 0;
    const auto [p, ec] = std::from_chars(text.data(), text.data() + text.size(), d);
    if (ec != std::errc() || d < 0) bad(where, "its shape cannot be read");
    dims.push_back(d);
    text.remove_prefix(static_cast<size_t>(p - text.data()));
  }
  return dims;
}

Array parse_npy(std::span<const std::byte> file, const std::string& where) {
  const auto* text = reinterpret_cast<const char*>(file.data());
  if (file.size() < 12 || std::memcmp(text, "\x93NUMPY", 6) != 0)
    bad(where, "it does not begin with NumPy's magic bytes");
  const bool long_header = text[6] >= 2;
  uint32_t length = 0;
  std::memcpy(&length, text + 8, long_header ? 4 : 2);
  const size_t start = (long_header ? 12 : 10) + length;
  if (start > file.size()) bad(where, "it is cut off inside its header");
  const std::string_view header(text + (long_header ? 12 : 10), length);
  std::string_view descr = field(header, "'descr'", where);
  if (descr.size() < 2 || descr[0] != '\'') bad(where, "its element type is a record");
  descr = descr.substr(1, descr.substr(1).find('\''));
  Array a;
  const std::optional<NpyText> as_text = parse_text_type(descr);
  a.type = as_text ? DataType::kTEXT : parse_type(descr, where);
  a.dims = parse_dims(field(header, "'shape'", where), where);
  if (a.dims.size() > 1 && field(header, "'fortran_order'", where).starts_with("True"))
    bad(where, "it is in Fortran order; save numpy.ascontiguousarray(x)");
  size_t expected = as_text ? as_text->bytes() : file_width(a.type);
  for (int64_t d : a.dims)
    if (__builtin_mul_overflow(expected, static_cast<size_t>(d), &expected)) bad(where, "its shape is too large");
  if (file.size() - start < expected)
    bad(where, concat("it has ", file.size() - start, " bytes of data, its shape needs ", expected));
  if (as_text) {
    make_views(a, read_texts(file.subspan(start, expected), *as_text, a.volume()));
    return a;
  }
  a.bytes.assign(file.begin() + static_cast<std::ptrdiff_t>(start),
                 file.begin() + static_cast<std::ptrdiff_t>(start + expected));
  return a;
}

std::string npy_bytes(const Array& a) {
  std::string shape;
  for (int64_t d : a.dims) shape += concat(d, ", ");
  if (a.dims.size() > 1) shape.resize(shape.size() - 2);
  std::string header = concat("{'descr': '", a.type == DataType::kTEXT ? text_type(a) : row(a.type).npy,
                              "', 'fortran_order': False, 'shape': (", shape, "), }");
  const size_t padded = (10 + header.size() + 1 + 63) / 64 * 64;
  header.resize(padded - 11, ' ');
  header += '\n';
  std::string out("\x93NUMPY\x01\x00", 8);
  out += static_cast<char>(header.size() & 255);
  out += static_cast<char>(header.size() >> 8);
  out += header;
  if (a.type == DataType::kTEXT) return out + text_bytes(a);
  const std::vector<std::byte> bytes = row(a.type).bits < 8 ? spread(a) : a.bytes;
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return out;
}

uint32_t crc32(std::string_view data) {
  static const auto table = [] {
    std::vector<uint32_t> t(256);
    for (uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int k = 0; k < 8; ++k) t[i] = (t[i] >> 1) ^ (t[i] & 1 ? 0xEDB88320u : 0);
    }
    return t;
  }();
  uint32_t crc = ~0u;
  for (unsigned char c : data) crc = (crc >> 8) ^ table[(crc ^ c) & 255];
  return ~crc;
}

template <class T>
T read_le(std::span<const std::byte> file, size_t at, const std::string& path) {
  T v{};
  if (at + sizeof v > file.size()) bad(path, "the archive is cut off");
  std::memcpy(&v, file.data() + at, sizeof v);
  return v;
}

template <class T>
void put_le(std::string& out, T v) {
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}

}  // namespace

int64_t Array::volume() const {
  int64_t v = 1;
  for (int64_t d : dims) v *= d;
  return v;
}

size_t byte_size(DataType t, int64_t count) {
  return (static_cast<size_t>(count) * static_cast<size_t>(row(t).bits) + 7) / 8;
}

Array reinterpreted(Array a, DataType type) {
  if (a.type == type) return a;
  if (file_width(a.type) != file_width(type) || row(a.type).bits < 8)
    throw Failure(kFailed, concat("it is ", type_name(type), ", the file holds ", type_name(a.type)));
  if (row(type).bits < 8) a.bytes = packed(a, row(type).bits);
  a.type = type;
  return a;
}
std::string type_name(DataType t) { return row(t).name; }

std::string dims_text(const std::vector<int64_t>& dims) {
  if (dims.empty()) return "scalar";
  std::string text;
  for (size_t i = 0; i < dims.size(); ++i) text += concat(i ? "x" : "", dims[i]);
  return text;
}

Array read_npy(const std::string& path) {
  const dvt::Blob blob = dvt::read_file(path);
  return parse_npy(blob.bytes(), path);
}

void write_npy(const std::string& path, const Array& a) {
  const std::string bytes = npy_bytes(a);
  dvt::write_file(path, std::string_view(bytes));
}

// Walks the local headers of the archive; numpy.savez writes stored members one after another.
std::map<std::string, Array> read_npz(const std::string& path) {
  const dvt::Blob blob = dvt::read_file(path);
  const auto file = blob.bytes();
  std::map<std::string, Array> arrays;
  size_t at = 0;
  while (at + 4 <= file.size() && read_le<uint32_t>(file, at, path) == 0x04034b50) {
    const auto flags = read_le<uint16_t>(file, at + 6, path), method = read_le<uint16_t>(file, at + 8, path);
    uint64_t size = read_le<uint32_t>(file, at + 18, path);
    const auto name_size = read_le<uint16_t>(file, at + 26, path), extra_size = read_le<uint16_t>(file, at + 28, path);
    const size_t data = at + 30 + name_size + extra_size;
    if (data > file.size()) bad(path, "the archive is cut off");
    std::string name(reinterpret_cast<const char*>(file.data()) + at + 30, name_size);
    if (size == 0xFFFFFFFF && extra_size >= 20) size = read_le<uint64_t>(file, at + 30 + name_size + 12, path);
    if (method != 0 || (flags & 8))
      bad(path, concat("member '", name, "' is compressed; write it with numpy.savez, not savez_compressed"));
    if (size > file.size() - data) bad(path, "the archive is cut off");
    if (name.ends_with(".npy")) name.resize(name.size() - 4);
    arrays[name] = parse_npy(file.subspan(data, size), concat(path, ":", name));
    at = data + size;
  }
  if (arrays.empty()) bad(path, "it is not a .npz archive");
  return arrays;
}

void write_npz(const std::string& path, const std::map<std::string, Array>& arrays) {
  std::string out, directory;
  for (const auto& [key, array] : arrays) {
    const std::string name = key + ".npy", data = npy_bytes(array);
    if (data.size() >= 0xFFFFFFFF || out.size() >= 0xF0000000)
      throw Failure(kFailed,
                    concat("'", path, "': more than 4 GB do not fit in one .npz; write a folder of .npy files"));
    std::string common;
    put_le<uint16_t>(common, 20);
    put_le<uint16_t>(common, 0);
    put_le<uint16_t>(common, 0);
    put_le<uint32_t>(common, 0x00210000);  // 1980-01-01: the same arrays give the same bytes
    put_le<uint32_t>(common, crc32(data));
    put_le<uint32_t>(common, static_cast<uint32_t>(data.size()));
    put_le<uint32_t>(common, static_cast<uint32_t>(data.size()));
    put_le<uint16_t>(common, static_cast<uint16_t>(name.size()));
    put_le<uint16_t>(common, 0);
    put_le<uint32_t>(directory, 0x02014b50);
    put_le<uint16_t>(directory, 20);
    directory += common;
    directory.append(10, '\0');
    put_le<uint32_t>(directory, static_cast<uint32_t>(out.size()));
    directory += name;
    put_le<uint32_t>(out, 0x04034b50);
    out += common;
    out += name;
    out += data;
  }
  const auto begin = static_cast<uint32_t>(out.size());
  out += directory;
  put_le<uint32_t>(out, 0x06054b50);
  put_le<uint32_t>(out, 0);
  put_le<uint16_t>(out, static_cast<uint16_t>(arrays.size()));
  put_le<uint16_t>(out, static_cast<uint16_t>(arrays.size()));
  put_le<uint32_t>(out, static_cast<uint32_t>(directory.size()));
  put_le<uint32_t>(out, begin);
  put_le<uint16_t>(out, 0);
  dvt::write_file(path, std::string_view(out));
}

}  // namespace dovetail::cli

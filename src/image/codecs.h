#pragma once
// The border between the library and the module of decoders (libdovetail_image.so): plain C, and no exceptions across
// it.
#include <cstddef>
#include <cstdint>

namespace dvt::image {

/// A file that is looked at, and what is said of it.
struct Picture {
  const uint8_t* file = nullptr;
  size_t bytes = 0;
  uint32_t height = 0, width = 0;  ///< Set by read_size, given to decode.
  uint8_t* rgb = nullptr;          ///< For decode: height x width x 3 bytes.
  char reason[200] = {};           ///< Why it failed.
};

/// One format. Both functions return whether they succeeded.
struct Codec {
  bool (*read_size)(Picture* picture);
  bool (*decode)(Picture* picture);  ///< Fails where the picture has another size than is given.
};

/// In the order of Format, from jpeg on; empty where the module was built without the format's library.
struct Codecs {
  Codec jpeg, jpeg2000, png, tiff, webp;
};

inline constexpr int kCodecsVersion = 1;  // of the structs above
inline constexpr char kCodecsModule[] = "libdovetail_image.so.0";
inline constexpr char kCodecsSymbol[] = "dovetail_image_codecs";
/// The type of the one symbol that the module exports; nullptr for a version that it does not speak.
using GetCodecs = const Codecs* (*)(int version);

}  // namespace dvt::image

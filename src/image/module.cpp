#include "image/module.h"

#include <dlfcn.h>

#include <array>
#include <string>

#include "base/error.h"

namespace dvt::image {
namespace {

struct Module {
  const Codecs* codecs = nullptr;
  std::string reason;  ///< Why there are none.
};

/// The folder of the library that holds this code, with a slash; empty when the system does not tell.
std::string own_folder() {
  Dl_info info{};
  if (!dladdr(reinterpret_cast<const void*>(&own_folder), &info) || !info.dli_fname) return "";
  const std::string file = info.dli_fname;
  const size_t slash = file.rfind('/');
  return slash == std::string::npos ? "" : file.substr(0, slash + 1);
}

Module open_module() {
  Module m;
  void* handle = nullptr;
  for (const std::string& name : {own_folder() + kCodecsModule, std::string(kCodecsModule)}) {
    if (handle || (handle = ::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL))) continue;
    const char* text = ::dlerror();
    // The first attempt names the libraries that the module itself lacks; the second one only says that it is nowhere.
    if (m.reason.empty() || m.reason.find(kCodecsModule) != std::string::npos) m.reason = text ? text : "";
  }
  if (!handle) return m;
  const auto get = reinterpret_cast<GetCodecs>(::dlsym(handle, kCodecsSymbol));
  m.codecs = get ? get(kCodecsVersion) : nullptr;
  m.reason = m.codecs ? "" : concat(kCodecsModule, " belongs to another version of Dovetail");
  return m;
}

struct Packages {
  std::string_view run, build;
};

Packages packages(Format format) {
  switch (format) {
    case Format::jpeg:
      return {"libjpeg62-turbo", "libjpeg62-turbo-dev"};
    case Format::jpeg2000:
      return {"libopenjp2-7", "libopenjp2-7-dev"};
    case Format::png:
      return {"libpng16-16", "libpng-dev"};
    case Format::tiff:
      return {"libtiff6", "libtiff-dev"};
    default:
      return {"libwebp7", "libwebp-dev"};
  }
}

}  // namespace

const Codec& codec(Format format) {
  static const Module module = open_module();
  if (!module.codecs)
    throw Error(ErrorCode::kUnsupported, "decoding ", to_string(format), " needs the module ", kCodecsModule,
                ", which cannot be opened (", module.reason,
                "); apt-get install libjpeg62-turbo libopenjp2-7 libpng16-16 libtiff6 libwebp7 if those are missing, "
                "and keep the module beside the library");
  const std::array<const Codec*, 5> codecs = {&module.codecs->jpeg, &module.codecs->jpeg2000, &module.codecs->png,
                                              &module.codecs->tiff, &module.codecs->webp};
  const Codec& c = *codecs.at(static_cast<size_t>(format) - static_cast<size_t>(Format::jpeg));
  if (!c.decode)
    throw Error(ErrorCode::kUnsupported, "decoding ", to_string(format), ": ", kCodecsModule,
                " was built without this format; apt-get install ", packages(format).build,
                ", then build Dovetail again");
  return c;
}

}  // namespace dvt::image

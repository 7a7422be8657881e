#pragma once
#include "image/codecs.h"
#include "image/picture.h"

namespace dvt::image {

/// The decoder of a format from the module, which is opened at the first call: beside this library, else where the
/// system looks. Throws Error(kUnsupported) that says what to install when there is none.
const Codec& codec(Format format);

}  // namespace dvt::image

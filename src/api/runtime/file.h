#pragma once
#include "base/blob.h"

namespace dvt::api {

/// The bytes of a file, mapped read-only for as long as the blob lives. Throws Error(kIo) naming the path.
Blob map_file(const char* path);

}  // namespace dvt::api

#pragma once
#include <string>

#include "base/blob.h"

namespace dvt {

/// A file's bytes, mapped read-only: pages are read when touched and shared between processes. The mapping lives as
/// long as a copy of the Blob. Where a file cannot be mapped (a pipe, /proc) it is read instead.
/// A file must not shrink while it is mapped: touching a lost page ends the process. Files written by rename
/// (AtomicFile) never do. Throws Error(kIo) with the path and the system's reason.
Blob map_file(const std::string& path);

}  // namespace dvt

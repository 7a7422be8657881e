#pragma once
#include <dovetail/runtime.h>

namespace dvt::api {

// The interfaces keep their short names here. Names of dvt win where both exist (ErrorCode): those are written out.
using namespace ::DOVETAIL_NAMESPACE;
namespace pub = ::DOVETAIL_NAMESPACE;

}  // namespace dvt::api

#pragma once

namespace dvt::builder {

/// Recorded in plans.
inline constexpr const char* kLibraryVersion = "0.1.0";

}  // namespace dvt::builder

#pragma once
#include <string>
#include <string_view>
#include <type_traits>

namespace dvt {

namespace concat_detail {
inline void put(std::string& out, std::string_view s) { out += s; }
inline void put(std::string& out, const char* s) { out += s ? s : "(null)"; }
inline void put(std::string& out, const std::string& s) { out += s; }
inline void put(std::string& out, char c) { out += c; }
inline void put(std::string& out, bool b) { out += b ? "true" : "false"; }
void put_double(std::string& out, double v);
template <class T>
requires(std::is_integral_v<T> && !std::is_same_v<T, bool> && !std::is_same_v<T, char>) void put(std::string& out,
                                                                                                 T v) {
  out += std::to_string(v);
}
template <class T>
requires std::is_floating_point_v<T>
void put(std::string& out, T v) { put_double(out, static_cast<double>(v)); }
template <class T>
requires(std::is_class_v<T> && !std::is_convertible_v<const T&, std::string_view>) ||
    std::is_enum_v<T> void put(std::string& out, const T& v) {
  put(out, std::string_view(to_string(v)));  // found next to T
}
}  // namespace concat_detail

/// Joins strings, numbers and anything with a to_string() beside its type. Doubles print their shortest exact form.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::string out;
  (concat_detail::put(out, parts), ...);
  return out;
}

}  // namespace dvt

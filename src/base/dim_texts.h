#pragma once
#include <string>
#include <unordered_map>

#include "base/dim.h"

namespace dvt {

/// Reads many expressions, most of which are equal: each text is parsed once, and equal texts give one shared Dim.
class DimTexts {
 public:
  /// Throws like parse_dim. The reference stays valid as long as this object.
  const Dim& read(const std::string& text) {
    const auto it = known_.find(text);
    return it != known_.end() ? it->second : known_.emplace(text, parse_dim(text)).first->second;
  }

 private:
  std::unordered_map<std::string, Dim> known_;
};

/// What was found for each expression: those that DimTexts gave share a node where they are equal.
template <class T>
class DimMemo {
 public:
  /// `find` is called for expressions, not for constants.
  template <class Find>
  const T& of(const Dim& d, const Find& find) {
    const auto it = known_.find(d.node());
    return it != known_.end() ? it->second : known_.emplace(d.node(), find(d)).first->second;
  }

 private:
  std::unordered_map<const DimNode*, T> known_;
};

}  // namespace dvt

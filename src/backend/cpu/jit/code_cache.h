#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace dvt::cpu::jit {

/// The object made for `key`, shared while anybody holds it: equal layers of one or several engines share their code.
template <class T>
std::shared_ptr<const T> cached(const std::string& key, const std::function<std::shared_ptr<const T>()>& make) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<const T>> entries;
  const std::lock_guard lock(mutex);
  if (const auto it = entries.find(key); it != entries.end())
    if (std::shared_ptr<const T> found = it->second.lock()) return found;
  std::erase_if(entries, [](const auto& entry) { return entry.second.expired(); });
  std::shared_ptr<const T> made = make();
  entries[key] = made;
  return made;
}

}  // namespace dvt::cpu::jit

#pragma once
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace dvt::cudart {

/// The live objects of a kind by the address that programs hold. A handle that is not in the table is refused instead
/// of being followed.
template <class T>
class Handles {
 public:
  T* add(std::shared_ptr<T> object) {
    const std::lock_guard lock(mutex_);
    T* handle = object.get();
    objects_.emplace(handle, std::move(object));
    return handle;
  }
  /// nullptr when there is no such object.
  std::shared_ptr<T> find(const void* handle) const {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(handle);
    return it == objects_.end() ? nullptr : it->second;
  }
  /// What was there, or nullptr.
  std::shared_ptr<T> remove(const void* handle) {
    const std::lock_guard lock(mutex_);
    const auto it = objects_.find(handle);
    if (it == objects_.end()) return nullptr;
    std::shared_ptr<T> object = std::move(it->second);
    objects_.erase(it);
    return object;
  }
  std::vector<std::shared_ptr<T>> all() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<T>> result;
    for (const auto& [handle, object] : objects_) result.push_back(object);
    return result;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<const void*, std::shared_ptr<T>> objects_;
};

/// A table that is never destroyed: threads of streams may run until the process ends.
template <class T>
Handles<T>& handles() {
  static auto* table = new Handles<T>();
  return *table;
}

}  // namespace dvt::cudart

// The registry of plugin creators: one for the process. Creators and resources are told by the texts that they give.

#include <dovetail/plugin_quick.h>
#include <dovetail/plugin_registry.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "api/wall.h"

namespace dvt::api {
namespace {

struct Identity {
  std::string name, version, name_space;
  friend bool operator==(const Identity&, const Identity&) = default;
};

std::string text_of(char const* text) { return text == nullptr ? "" : text; }

class Registry final : public IPluginRegistry {
 public:
  bool registerCreator(IPluginCreator& creator, AsciiChar const* const name_space) noexcept override {
    return guarded(reporter(), [&] {
      if (name_space != nullptr && *name_space != '\0') creator.setPluginNamespace(name_space);
      insert(creator, {text_of(creator.getPluginName()), text_of(creator.getPluginVersion()), text_of(name_space)});
    });
  }
  bool registerCreator(IPluginCreatorInterface& creator, AsciiChar const* const name_space) noexcept override {
    if (is(creator, kV1)) return registerCreator(static_cast<IPluginCreator&>(creator), name_space);
    return guarded(reporter(), [&] {
      Identity identity;
      if (is(creator, kV3)) {
        auto& v3 = static_cast<IPluginCreatorV3One&>(creator);
        identity = {text_of(v3.getPluginName()), text_of(v3.getPluginVersion()), text_of(v3.getPluginNamespace())};
      } else if (is(creator, kQuick)) {
        auto& quick = static_cast<IPluginCreatorV3Quick&>(creator);
        identity = {text_of(quick.getPluginName()), text_of(quick.getPluginVersion()),
                    text_of(quick.getPluginNamespace())};
      } else {
        throw Error(ErrorCode::kInvalidArgument, "a plugin creator of kind '", text_of(creator.getInterfaceInfo().kind),
                    "' cannot be registered; the kinds are '", kV1, "', '", kV3, "' and '", kQuick, "'");
      }
      if (name_space != nullptr && *name_space != '\0') identity.name_space = name_space;
      insert(creator, std::move(identity));
    });
  }
  bool deregisterCreator(IPluginCreator const& creator) noexcept override { return erase(&creator); }
  bool deregisterCreator(IPluginCreatorInterface const& creator) noexcept override { return erase(&creator); }

  IPluginCreator* const* getPluginCreatorList(int32_t* const count) const noexcept override {
    const std::lock_guard lock(mutex_);
    if (count != nullptr) *count = static_cast<int32_t>(v1_.size());
    return v1_.data();
  }
  IPluginCreator* getPluginCreator(AsciiChar const* const name, AsciiChar const* const version,
                                   AsciiChar const* const name_space) noexcept override {
    IPluginCreatorInterface* found = getCreator(name, version, name_space);
    return found != nullptr && is(*found, kV1) ? static_cast<IPluginCreator*>(found) : nullptr;
  }
  IPluginCreatorInterface* const* getAllCreators(int32_t* const count) const noexcept override {
    const std::lock_guard lock(mutex_);
    if (count != nullptr) *count = static_cast<int32_t>(creators_.size());
    return creators_.data();
  }
  IPluginCreatorInterface* const* getAllCreatorsRecursive(int32_t* const count) noexcept override {
    return getAllCreators(count);
  }
  IPluginCreatorInterface* getCreator(AsciiChar const* const name, AsciiChar const* const version,
                                      AsciiChar const* const name_space) noexcept override {
    return guarded(reporter(), static_cast<IPluginCreatorInterface*>(nullptr), [&]() -> IPluginCreatorInterface* {
      const Identity wanted{required(name, "the plugin's name"), required(version, "the plugin's version"),
                            text_of(name_space)};
      const std::lock_guard lock(mutex_);
      const auto at = std::find(identities_.begin(), identities_.end(), wanted);
      return at == identities_.end() ? nullptr : creators_[static_cast<size_t>(at - identities_.begin())];
    });
  }

  PluginLibraryHandle loadLibrary(AsciiChar const* path) noexcept override {
    guarded(reporter(), [&] {
      throw Error(ErrorCode::kUnsupported, "plugin libraries are not loaded yet ('", required(path, "the path"),
                  "'); link the library and register its creators with registerCreator");
    });
    return nullptr;
  }
  void deregisterLibrary(PluginLibraryHandle) noexcept override {
    reporter().error(ErrorCode::kInvalidArgument, "deregisterLibrary: no plugin library was loaded");
  }

  IPluginResource* acquirePluginResource(AsciiChar const* key, IPluginResource* resource) noexcept override {
    return guarded(reporter(), static_cast<IPluginResource*>(nullptr), [&] {
      const std::string at = required(key, "the resource's key");
      const std::lock_guard lock(mutex_);
      const auto found = resources_.find(at);
      if (found != resources_.end()) {
        ++found->second.uses;
        return found->second.resource;
      }
      if (resource == nullptr)
        throw Error(ErrorCode::kInvalidArgument, "there is no plugin resource '", at, "' and none was given");
      IPluginResource* clone = resource->clone();
      if (clone == nullptr) throw Error(ErrorCode::kInvalidState, "the plugin resource '", at, "' was not cloned");
      resources_[at] = {clone, 1};
      return clone;
    });
  }
  int32_t releasePluginResource(AsciiChar const* key) noexcept override {
    return guarded(reporter(), int32_t{-1}, [&] {
      const std::string at = required(key, "the resource's key");
      const std::lock_guard lock(mutex_);
      const auto found = resources_.find(at);
      if (found == resources_.end()) throw Error(ErrorCode::kInvalidArgument, "there is no plugin resource '", at, "'");
      if (--found->second.uses > 0) return int32_t{0};
      IPluginResource* resource = found->second.resource;
      resources_.erase(found);
      const int32_t status = resource->release();
      delete resource;
      return status;
    });
  }

  void setErrorRecorder(IErrorRecorder* const recorder) noexcept override { reporter_.set_recorder(recorder); }
  IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }
  bool isParentSearchEnabled() const override { return parent_search_; }
  void setParentSearchEnabled(bool const enabled) override { parent_search_ = enabled; }

 private:
  static constexpr std::string_view kV1 = "PLUGIN CREATOR_V1", kV3 = "PLUGIN CREATOR_V3ONE",
                                    kQuick = "PLUGIN CREATOR_V3QUICK";
  struct Resource {
    IPluginResource* resource;
    int uses;
  };

  /// The loggers of a process come and go; the registry stays and asks for the one of the moment.
  Reporter reporter() const { return Reporter(getLogger(), reporter_.recorder()); }
  static bool is(const IPluginCreatorInterface& creator, std::string_view kind) {
    return text_of(creator.getInterfaceInfo().kind) == kind;
  }

  void insert(IPluginCreatorInterface& creator, Identity identity) {
    const std::lock_guard lock(mutex_);
    if (std::find(identities_.begin(), identities_.end(), identity) != identities_.end())
      throw Error(ErrorCode::kInvalidState, "there is a plugin creator '", identity.name, "' version '",
                  identity.version, "' in namespace '", identity.name_space, "' already");
    if (is(creator, kV1)) v1_.push_back(static_cast<IPluginCreator*>(&creator));
    creators_.push_back(&creator);
    identities_.push_back(std::move(identity));
  }
  bool erase(const IPluginCreatorInterface* creator) noexcept {
    const std::lock_guard lock(mutex_);
    const auto at = std::find(creators_.begin(), creators_.end(), creator);
    if (at == creators_.end()) return false;
    identities_.erase(identities_.begin() + (at - creators_.begin()));
    creators_.erase(at);
    std::erase(v1_, creator);
    return true;
  }

  mutable std::mutex mutex_;
  Reporter reporter_;
  std::vector<IPluginCreatorInterface*> creators_;
  std::vector<Identity> identities_;  ///< One per creator.
  std::vector<IPluginCreator*> v1_;
  std::map<std::string, Resource> resources_;
  bool parent_search_ = true;
};

}  // namespace
}  // namespace dvt::api

// Never destroyed: creators with static lifetime deregister in an order that nobody knows.
DOVETAIL_NAMESPACE::IPluginRegistry* getPluginRegistry() noexcept {
  static auto* registry = new dvt::api::Registry;
  return registry;
}

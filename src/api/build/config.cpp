#include "api/build/config.h"

#include <dovetail/build_budget.h>
#include <dovetail/tactic_selection.h>

#include <algorithm>

#include "api/build/timing_cache.h"
#include "api/convert.h"
#include "api/wall.h"

namespace dvt::api {

void Config::setFlag(BuilderFlag flag) noexcept {
  if (!is_enumerator(flag))
    return reporter_.error(ErrorCode::kInvalidArgument,
                           concat("there is no builder flag ", static_cast<int32_t>(flag)));
  settings_.flags |= bit(flag);
}

void Config::setMemoryPoolLimit(MemoryPoolType pool, std::size_t size) noexcept {
  const auto i = static_cast<size_t>(pool);
  if (i >= settings_.pool_limits.size())
    return reporter_.error(ErrorCode::kInvalidArgument, concat("there is no memory pool ", static_cast<int32_t>(pool)));
  settings_.pool_limits[i] = size;
}

std::size_t Config::getMemoryPoolLimit(MemoryPoolType pool) const noexcept {
  const auto i = static_cast<size_t>(pool);
  return i < settings_.pool_limits.size() ? settings_.pool_limits[i] : 0;
}

int32_t Config::addOptimizationProfile(IOptimizationProfile const* profile) noexcept {
  return guarded(reporter_, int32_t{-1}, [&] {
    if (profile == nullptr) throw Error(ErrorCode::kInvalidArgument, "the optimization profile is nullptr");
    if (!profile->isValid())
      throw Error(ErrorCode::kInvalidArgument,
                  "the optimization profile is not complete: each input needs min <= opt <= max in every dimension");
    settings_.profiles.push_back(static_cast<const Profile*>(profile)->data());
    return static_cast<int32_t>(settings_.profiles.size()) - 1;
  });
}

void Config::setBuilderOptimizationLevel(int32_t level) noexcept {
  constexpr int32_t kHighest = 5;
  if (level < 0)
    return reporter_.error(ErrorCode::kInvalidArgument,
                           concat("the optimization level ", level, " is negative; it is 0 to 5"));
  settings_.level = std::min(level, kHighest);
}

bool Config::set_build_budget(double seconds) noexcept {
  if (!(seconds >= 0)) {
    reporter_.error(ErrorCode::kInvalidArgument,
                    concat("the build budget is ", seconds, " seconds; it is 0 or more, infinity for no limit"));
    return false;
  }
  settings_.build_budget = seconds;
  return true;
}

ITimingCache* Config::createTimingCache(void const* blob, std::size_t size) const noexcept {
  return guarded(reporter_, static_cast<ITimingCache*>(nullptr), [&] {
    if (blob == nullptr || size == 0) return new TimingCache(std::make_shared<builder::TimingCache>(), reporter_);
    std::string warning;
    std::shared_ptr<builder::TimingCache> cache(
        builder::TimingCache::deserialize({static_cast<const char*>(blob), size}, &warning));
    if (!warning.empty()) reporter_.warn(concat("timing cache: ", warning));
    return new TimingCache(std::move(cache), reporter_);
  });
}

// Entries carry their target, so a foreign cache does no harm: it answers nothing.
bool Config::setTimingCache(ITimingCache const& cache, bool) noexcept {
  settings_.timing_cache = static_cast<const TimingCache&>(cache).get();
  settings_.timing_cache_handle = &cache;
  return true;
}

void Config::setAvgTimingIterations(int32_t iterations) noexcept {
  if (iterations < 1)
    return reporter_.error(ErrorCode::kInvalidArgument, concat("the number of timing iterations is ", iterations));
  settings_.timing_iterations = iterations;
}

bool Config::setTacticSources(TacticSources sources) noexcept {
  settings_.tactic_sources = sources;
  return true;
}

bool Config::setMaxThreads(int32_t threads) noexcept {
  if (threads < 0) {
    reporter_.error(ErrorCode::kInvalidArgument, concat("setMaxThreads: ", threads, " is negative"));
    return false;
  }
  settings_.threads = threads;
  return true;
}

void Config::setEngineCapability(EngineCapability capability) noexcept {
  if (capability != EngineCapability::kSTANDARD)
    reporter_.error(ErrorCode::kUnsupported, "only EngineCapability::kSTANDARD is supported");
}

bool Config::setRuntimePlatform(RuntimePlatform platform) noexcept {
  if (platform == RuntimePlatform::kSAME_AS_BUILD) return true;
  reporter_.error(ErrorCode::kUnsupported, "plans are built for the platform of the build only");
  return false;
}

bool Config::setTilingOptimizationLevel(TilingOptimizationLevel level) noexcept {
  settings_.tiling = level;
  return true;
}

bool Config::setL2LimitForTiling(int64_t size) noexcept {
  settings_.l2_limit = size;
  return true;
}

void Config::setPreviewFeature(PreviewFeature feature, bool enable) noexcept {
  if (!is_enumerator(feature))
    return reporter_.error(ErrorCode::kInvalidArgument,
                           concat("there is no preview feature ", static_cast<int32_t>(feature)));
  const uint32_t mask = 1U << static_cast<uint32_t>(feature);
  settings_.preview = enable ? settings_.preview | mask : settings_.preview & ~mask;
}

bool Config::setCalibrationProfile(IOptimizationProfile const* profile) noexcept {
  return guarded(reporter_, [&] {
    if (profile != nullptr && !profile->isValid())
      throw Error(ErrorCode::kInvalidArgument,
                  "the calibration profile is not complete: each input needs min <= opt "
                  "<= max in every dimension");
    settings_.calibration_profile = profile;
  });
}

void Config::setPluginsToSerialize(char const* const* paths, int32_t count) noexcept {
  guarded(reporter_, [&] {
    if (count < 0 || (paths == nullptr && count > 0))
      throw Error(ErrorCode::kInvalidArgument, "setPluginsToSerialize: the list of ", count, " paths is nullptr");
    std::vector<std::string> copies;
    for (int32_t i = 0; i < count; ++i) copies.emplace_back(required(paths[i], concat("path ", i)));
    settings_.plugins = std::move(copies);
  });
}

char const* Config::getPluginToSerialize(int32_t index) const noexcept {
  return index >= 0 && index < getNbPluginsToSerialize() ? settings_.plugins[static_cast<size_t>(index)].c_str()
                                                         : nullptr;
}

bool Config::setRemoteAutoTuningConfig(char const* config) noexcept {
  if (config == nullptr || *config == '\0') return true;
  reporter_.error(ErrorCode::kUnsupported,
                  concat("remote tuning ('", config, "') is not supported; tactics are timed on this machine"));
  return false;
}

bool Config::setBuildRoute(char const* route) noexcept {
  return guarded(reporter_, [&] {
    if (std::string_view(required(route, "the build route")) != kRoute)
      throw Error(ErrorCode::kInvalidArgument, "there is no build route '", route, "'; the routes are ",
                  getAllBuildRoutes());
  });
}

void Config::setDeviceType(ILayer const*, DeviceType type) noexcept {
  if (type != DeviceType::kGPU) no_dla();
}

void Config::no_dla() const noexcept {
  reporter_.error(ErrorCode::kUnsupported, "there is no DLA; the whole network runs on one device");
}

}  // namespace dvt::api

bool dovetailConfigSetBuildBudget(DOVETAIL_NAMESPACE::IBuilderConfig* config, double seconds) noexcept {
  return config != nullptr && static_cast<dvt::api::Config*>(config)->set_build_budget(seconds);
}

double dovetailConfigGetBuildBudget(DOVETAIL_NAMESPACE::IBuilderConfig const* config) noexcept {
  return config == nullptr ? 0 : static_cast<dvt::api::Config const*>(config)->build_budget();
}

bool dovetailConfigSetTactics(DOVETAIL_NAMESPACE::IBuilderConfig* config, char const* patterns) noexcept {
  if (config == nullptr || patterns == nullptr) return false;
  static_cast<dvt::api::Config*>(config)->set_tactics(patterns);
  return true;
}

char const* dovetailConfigGetTactics(DOVETAIL_NAMESPACE::IBuilderConfig const* config) noexcept {
  return config == nullptr ? nullptr : static_cast<dvt::api::Config const*>(config)->tactics().c_str();
}

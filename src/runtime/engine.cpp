#include "runtime/engine.h"

#include <algorithm>

#include "base/error.h"
#include "base/thread_pool.h"
#include "runtime/context.h"
#include "runtime/program.h"

namespace dvt::runtime {
namespace {

const ProfileProgram& profile_of(const Program& p, int profile) {
  if (profile < 0 || static_cast<size_t>(profile) >= p.profiles.size())
    throw Error(ErrorCode::kInvalidArgument, "profile ", profile, " does not exist; the engine has ",
                p.profiles.size());
  return p.profiles[static_cast<size_t>(profile)];
}

size_t input_of(const Program& p, std::string_view name) {
  const int io = p.find_io(name);
  if (io < 0 || io >= p.num_inputs) throw Error(ErrorCode::kInvalidArgument, "the engine has no input '", name, "'");
  return static_cast<size_t>(io);
}

}  // namespace

std::shared_ptr<const Engine> Engine::load(const Blob& plan, const backend::Device& device,
                                           const EngineOptions& options) {
  std::shared_ptr<Engine> engine(new Engine());
  engine->program_ = load_program(plan, device, options);
  return engine;
}

Engine::~Engine() = default;

const std::string& Engine::name() const { return program_->document.network_name; }
std::span<const IoTensor> Engine::io_tensors() const { return program_->io; }
int Engine::find_io(std::string_view name) const { return program_->find_io(name); }
bool Engine::is_late(std::string_view name) const {
  const int io = program_->find_io(name);
  if (io < 0) throw Error(ErrorCode::kInvalidArgument, "the engine has no input or output '", name, "'");
  return program_->value(program_->io_values[static_cast<size_t>(io)]).known_after > 0;
}

int Engine::num_profiles() const { return static_cast<int>(program_->profiles.size()); }
int Engine::threads() const { return program_->pool->threads(); }
std::span<const StepInfo> Engine::steps() const { return program_->step_infos; }
const plan::Document& Engine::document() const { return program_->document; }
const Blob& Engine::serialize() const { return program_->bytes; }

const ProfileRange& Engine::profile_shape(int profile, std::string_view input) const {
  return profile_of(*program_, profile).shapes[input_of(*program_, input)];
}

const ProfileRange& Engine::profile_values(int profile, std::string_view input) const {
  const ProfileProgram& p = profile_of(*program_, profile);
  const size_t io = input_of(*program_, input);
  if (!program_->io[io].shape_io)
    throw Error(ErrorCode::kInvalidArgument, "input '", input,
                "' is not a shape tensor: profiles have no values of it");
  return p.values[io];
}

MemoryReport Engine::memory(int profile) const {
  const ProfileProgram& p = profile_of(*program_, profile);
  MemoryReport report{p.arena_bytes, p.arena_lower_bound, program_->weight_bytes, {}};
  for (size_t i = 0; i < p.pool_slots.size(); ++i)
    if (p.pool_slots[i] >= 0) report.unbounded.push_back(program_->document.values[i].name);
  return report;
}

MemoryReport Engine::memory() const {
  MemoryReport most = memory(0);
  for (int i = 1; i < num_profiles(); ++i)
    if (MemoryReport m = memory(i); m.arena_bytes > most.arena_bytes) most = std::move(m);
  return most;
}

}  // namespace dvt::runtime

#pragma once
#include <memory>
#include <utility>

#include "backend/kernel.h"

namespace dvt::cpu {

/// A kernel whose run() is the function object `body(const LaunchArgs&)`. What it captured is its state: read only.
template <class Body>
std::unique_ptr<backend::Kernel> make_kernel(Body body) {
  class BodyKernel final : public backend::Kernel {
   public:
    explicit BodyKernel(Body b) : body_(std::move(b)) {}
    void run(const backend::LaunchArgs& args) const noexcept override { body_(args); }

   private:
    Body body_;
  };
  return std::make_unique<BodyKernel>(std::move(body));
}

}  // namespace dvt::cpu

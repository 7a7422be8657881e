#pragma once
#include <memory>
#include <vector>

#include "base/blob.h"
#include "plan/plan.h"
#include "runtime/engine.h"

namespace dvt::runtime {

template <class T>
plan::Section section_of(const std::vector<T>& elements) {
  auto owner = std::make_shared<std::vector<T>>(elements);
  return {std::as_bytes(std::span(*owner)), owner};
}

inline plan::Section section_of(const Blob& bytes) { return {bytes.bytes(), bytes.owner()}; }

/// y = relu(x · w + b), x f32[batch,4], w[k][n] = k + 10 n packed, b = {-20, 0, 20}; batch 1..8 in profile 0, 8..64
/// in 1.
plan::Document mlp();
/// What it computes for `batch` rows.
std::vector<float> mlp_reference(const std::vector<float>& x, int64_t batch);

/// sum = a + b with a f32[n,m], b f32[n,1]: symbols of two inputs.
plan::Document add_two();
/// y f32[shape[0],shape[1]+1] filled with table[shape[0]] (2.5, 3.5, …): shape is an input shape tensor, and one step's
/// start is a tensor that the context evaluates from it.
plan::Document fill_shape();

/// Sums the rows of x f32[3,2] with a loop that scans them; a branch of the body doubles the sum where `flag` says so.
/// y f32[2] is the last sum, all f32[3,2] every one.
plan::Document looped();

Blob plan_of(const plan::Document& document);
std::shared_ptr<const Engine> load_fake(const plan::Document& document, const EngineOptions& options = {});

/// The message of the Error that `f` throws; "" when it does not throw.
template <class F>
std::string refusal(F&& f);

}  // namespace dvt::runtime

#include "base/error.h"

template <class F>
std::string dvt::runtime::refusal(F&& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

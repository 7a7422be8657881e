#pragma once
#include <string>
#include <vector>

#include "backend/kernel.h"
#include "backend/problem.h"

namespace dvt::cpu {

/// One convolution of a chain: a problem of its own, between whose inputs x and the filter lies nothing.
struct ChainPartProblem {
  backend::Problem problem;
  int filter = 1;  ///< Which input of the chain the filter is; the program's operands follow it.

  /// The part's operands in a launch of the chain; input 0 is the chain's own only for the first part.
  backend::LaunchArgs bind(const backend::LaunchArgs& chain, const backend::TensorRef* output) const {
    backend::LaunchArgs args = chain;
    args.inputs = chain.inputs + (filter - 1);
    args.outputs = output;
    return args;
  }
};

/// The convolutions of a conv_chain, in their order. Results between them lie contiguous, in the layout of the result.
/// Precondition: p.op is a conv_chain.
std::vector<ChainPartProblem> chain_part_problems(const backend::Problem& p);
/// Why the parts are no f32 convolutions whose programs have operands of their own types; empty when they are.
std::string chain_type_refusal(const std::vector<ChainPartProblem>& parts);

}  // namespace dvt::cpu

#pragma once
#include <string>
#include <vector>

#include "plan/plan.h"

namespace dvt::runtime {

/// Adds to a document the step that the CPU's first supporting tactic makes of a problem, with packed weights where it
/// packs. Inputs that the problem calls const must be plain weights of the document.
void add_cpu_step(plan::Document& document, const std::string& name, const std::string& problem,
                  std::vector<int32_t> inputs, std::vector<int32_t> outputs);

/// An empty document for this machine and two threads.
plan::Document cpu_document(const std::string& name);

/// conv + relu, a reshape, matmul, softmax over a dynamic batch of 1..4: real kernels for this machine.
plan::Document small_cpu_network();

/// Positions of what is not 0 in x f32[n,2], n in 0..6, and twice them: a step that reports a size, and one that goes
/// by it.
plan::Document late_cpu_network();

/// Texts x[n,2], n in 0..6, joined with "a" and "bb", flat, what differs of them, in upper case, and where each is
/// among keys.
plan::Document text_cpu_network();

}  // namespace dvt::runtime

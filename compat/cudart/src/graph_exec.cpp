// Graphs made ready to run: instantiation, launch, update.

#include "error.h"
#include "graph.h"
#include "handles.h"

using namespace dvt::cudart;

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* pGraphExec, cudaGraph_t handle, unsigned long long flags) {
  return call([&] {
    constexpr unsigned long long kAllowed = cudaGraphInstantiateFlagAutoFreeOnLaunch | cudaGraphInstantiateFlagUpload |
                                            cudaGraphInstantiateFlagUseNodePriority;
    const std::shared_ptr<Graph> graph = handles<Graph>().find(handle);
    if (pGraphExec == nullptr || !graph || (flags & ~kAllowed) != 0) return cudaErrorInvalidValue;
    auto made = std::make_shared<Executable>();
    made->program = program_of(*graph);
    if (!made->program) return cudaErrorInvalidValue;
    *pGraphExec = reinterpret_cast<cudaGraphExec_t>(handles<Executable>().add(std::move(made)));
    return cudaSuccess;
  });
}

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* pGraphExec, cudaGraph_t graph, unsigned long long flags) {
  return cudaGraphInstantiate(pGraphExec, graph, flags);
}

cudaError_t cudaGraphExecUpdate(cudaGraphExec_t hGraphExec, cudaGraph_t hGraph,
                                cudaGraphExecUpdateResultInfo* resultInfo) {
  return call([&] {
    const std::shared_ptr<Executable> executable = handles<Executable>().find(hGraphExec);
    const std::shared_ptr<Graph> graph = handles<Graph>().find(hGraph);
    if (!executable || !graph || resultInfo == nullptr) return cudaErrorInvalidValue;
    *resultInfo = {cudaGraphExecUpdateSuccess, nullptr, nullptr};
    const std::shared_ptr<Program> program = program_of(*graph);
    if (!program) return cudaErrorInvalidValue;
    const std::lock_guard lock(executable->mutex);
    const auto& now = executable->program->steps;
    const auto& next = program->steps;
    if (next.size() != now.size()) resultInfo->result = cudaGraphExecUpdateErrorTopologyChanged;
    for (size_t i = 0; i < next.size() && resultInfo->result == cudaGraphExecUpdateSuccess; ++i)
      if (next[i].type != now[i].type) resultInfo->result = cudaGraphExecUpdateErrorNodeTypeChanged;
    if (resultInfo->result != cudaGraphExecUpdateSuccess) return cudaErrorGraphExecUpdateFailure;
    executable->program = program;
    return cudaSuccess;
  });
}

cudaError_t cudaGraphUpload(cudaGraphExec_t graphExec, cudaStream_t stream) {
  return call([&] {
    if (!handles<Executable>().find(graphExec)) return cudaErrorInvalidValue;
    return with_stream(stream, [](Stream&) { return cudaSuccess; });
  });
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t stream) {
  return call([&] {
    const std::shared_ptr<Executable> executable = handles<Executable>().find(graphExec);
    if (!executable) return cudaErrorInvalidValue;
    return with_stream(stream, [&](Stream& s) {
      const std::lock_guard lock(executable->mutex);
      return submit(s, cudaGraphNodeTypeGraph, [program = executable->program] { program->run(); });
    });
  });
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graphExec) {
  return call([&] { return handles<Executable>().remove(graphExec) ? cudaSuccess : cudaErrorInvalidValue; });
}

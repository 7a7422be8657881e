// A plugin of the dynamic kind and its creator: registered, found and listed; the network says what it cannot do with
// it.

#include <NvInferPlugin.h>

#include <algorithm>
#include <cstring>

#include "program.hpp"

// Programs open the namespace and declare its classes themselves.
namespace nvinfer1 {
class IPluginV2DynamicExt;
class ICudaEngine;
namespace plugin {
class AddScalarPlugin;
}
}  // namespace nvinfer1

namespace nvinfer1 {
namespace plugin {

class AddScalarPlugin : public IPluginV2DynamicExt {
 public:
  explicit AddScalarPlugin(float scalar) : scalar_(scalar) {}
  AddScalarPlugin(void const* data, std::size_t length) {
    CHECK(length == sizeof scalar_);
    std::memcpy(&scalar_, data, length);
  }
  IPluginV2DynamicExt* clone() const noexcept override { return new AddScalarPlugin(*this); }
  int32_t getNbOutputs() const noexcept override { return 1; }
  DataType getOutputDataType(int32_t, DataType const* types, int32_t) const noexcept override { return types[0]; }
  DimsExprs getOutputDimensions(int32_t, DimsExprs const* inputs, int32_t, IExprBuilder&) noexcept override {
    return inputs[0];
  }
  bool supportsFormatCombination(int32_t pos, PluginTensorDesc const* desc, int32_t, int32_t) noexcept override {
    return desc[pos].type == DataType::kFLOAT && desc[pos].format == TensorFormat::kLINEAR;
  }
  void configurePlugin(DynamicPluginTensorDesc const*, int32_t, DynamicPluginTensorDesc const*,
                       int32_t) noexcept override {}
  std::size_t getWorkspaceSize(PluginTensorDesc const*, int32_t, PluginTensorDesc const*,
                               int32_t) const noexcept override {
    return 0;
  }
  int32_t enqueue(PluginTensorDesc const* in, PluginTensorDesc const*, void const* const* inputs, void* const* outputs,
                  void*, cudaStream_t) noexcept override {
    for (int64_t i = 0; i < volume(in[0].dims); ++i)
      static_cast<float*>(outputs[0])[i] = static_cast<float const*>(inputs[0])[i] + scalar_;
    return 0;
  }
  void destroy() noexcept override { delete this; }
  int32_t initialize() noexcept override { return 0; }
  void terminate() noexcept override {}
  std::size_t getSerializationSize() const noexcept override { return sizeof scalar_; }
  void serialize(void* buffer) const noexcept override { std::memcpy(buffer, &scalar_, sizeof scalar_); }
  void setPluginNamespace(char const* name) noexcept override { namespace_ = name; }
  char const* getPluginNamespace() const noexcept override { return namespace_.c_str(); }
  char const* getPluginType() const noexcept override { return "AddScalar"; }
  char const* getPluginVersion() const noexcept override { return "1"; }
  void attachToContext(cudnnContext*, cublasContext*, IGpuAllocator*) noexcept override {}
  void detachFromContext() noexcept override {}

 private:
  float scalar_ = 0;
  std::string namespace_;
};

class AddScalarCreator : public IPluginCreator {
 public:
  AddScalarCreator() {
    attributes_.emplace_back(PluginField("scalar", nullptr, PluginFieldType::kFLOAT32, 1));
    fields_.nbFields = static_cast<int32_t>(attributes_.size());
    fields_.fields = attributes_.data();
  }
  IPluginV2* createPlugin(char const*, PluginFieldCollection const* fields) noexcept override {
    float scalar = 0;
    for (int32_t i = 0; i < fields->nbFields; ++i)
      if (std::strcmp(fields->fields[i].name, "scalar") == 0)
        scalar = *static_cast<float const*>(fields->fields[i].data);
    return new AddScalarPlugin(scalar);
  }
  IPluginV2* deserializePlugin(char const*, void const* data, std::size_t length) noexcept override {
    return new AddScalarPlugin(data, length);
  }
  void setPluginNamespace(char const* name) noexcept override { namespace_ = name; }
  char const* getPluginNamespace() const noexcept override { return namespace_.c_str(); }
  char const* getPluginName() const noexcept override { return "AddScalar"; }
  char const* getPluginVersion() const noexcept override { return "1"; }
  PluginFieldCollection const* getFieldNames() noexcept override { return &fields_; }

 private:
  std::vector<PluginField> attributes_;
  PluginFieldCollection fields_{};
  std::string namespace_;
};

REGISTER_TENSORRT_PLUGIN(AddScalarCreator);

}  // namespace plugin
}  // namespace nvinfer1

using namespace nvinfer1;

int main() {
  Logger logger(ILogger::Severity::kINTERNAL_ERROR);
  IPluginRegistry* registry = getPluginRegistry();
  IPluginCreator* creator = registry->getPluginCreator("AddScalar", "1", "");
  CHECK(creator != nullptr && registry->getPluginCreator("AddScalar", "2", "") == nullptr);
  int32_t count = 0;
  IPluginCreator* const* list = registry->getPluginCreatorList(&count);
  CHECK(count >= 1 && std::find(list, list + count, creator) != list + count);
  CHECK(std::string(creator->getFieldNames()->fields[0].name) == "scalar");

  float const scalar = 2.5F;
  PluginField const field{"scalar", &scalar, PluginFieldType::kFLOAT32, 1};
  PluginFieldCollection const fields{1, &field};
  IPluginV2* plugin = creator->createPlugin("add", &fields);
  CHECK(plugin && plugin->getSerializationSize() == sizeof scalar);
  float stored = 0;
  plugin->serialize(&stored);
  CHECK(stored == scalar);
  plugin->destroy();
  std::puts("PASSED");
}

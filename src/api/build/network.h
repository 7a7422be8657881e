#pragma once
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/build/construct.h"
#include "api/build/layer.h"
#include "api/build/profile.h"
#include "api/reporter.h"
#include "ir/graph.h"

#include <dovetail/network.h>

namespace dvt::api {

/// Checks the dims that an input is given: -1 or not negative. Throws Error naming the input.
std::vector<int64_t> input_dims(const Dims& dims, std::string_view name);

/// The public network: layers and tensors as the user set them, over one ir::Graph that is filled when it is needed.
class Network final : public INetworkDefinition {
  friend class StructuredLowering;

 public:
  /// \param number  How many networks the builder made before.
  Network(IBuilder& builder, const Reporter& reporter, NetworkDefinitionCreationFlags flags, int number);
  ~Network() noexcept override;

  // For tensors, layers and the builder.

  const Reporter& reporter() const { return reporter_; }
  int next_layer_number() { return next_layer_number_++; }
  Layer* layer(int32_t i) const { return layers_[static_cast<size_t>(i)].get(); }
  /// The tensor behind an interface. Throws Error(kInvalidArgument) when it belongs to another network.
  Tensor& own(ITensor& tensor) const;
  /// Throws Error(kInvalidArgument) when another input or output has the name.
  void check_io_name(const std::string& name, const Tensor& self) const;
  void renamed(Tensor& tensor);
  /// The value of a tensor, made now if need be. Throws Error.
  ir::Value* value_of(const Tensor& tensor);
  /// Lowers what has not been, so that tensors know whether shapes depend on their elements.
  void find_shape_tensors() noexcept;
  /// Forgets the nodes of one layer, or of all when others were derived from them.
  void forget(Layer& layer) noexcept;
  void reset_graph() noexcept;
  /// The layers on the border of a construct, in the order of their creation.
  std::vector<Layer*> layers_of(const Construct& construct) const;
  /// Compares the carried shapes of a loop that has been lowered flat. Throws LearnedShape when one was found to vary.
  void learn(const Construct& loop);
  /// The whole network as a graph with its outputs marked. Valid until the next call on the network. Throws Error.
  const ir::Graph& prepare();
  /// What the plan keeps beside the graph. After prepare().
  std::vector<std::string> annotations() const;
  /// A profile with the dims that inputs have in memory.
  ProfileData memory_profile(const ProfileData& profile) const;
  /// The symbols of inputs' dims by the names that assertions in plans use: "input.d<i>".
  std::map<std::string, Dim, std::less<>> plain_symbols() const;

  // INetworkDefinition.

  ITensor* addInput(char const* name, DataType type, Dims const& dimensions) noexcept override;
  void markOutput(ITensor& tensor) noexcept override;
  void unmarkOutput(ITensor& tensor) noexcept override;
  bool markOutputForShapes(ITensor& tensor) noexcept override;
  bool unmarkOutputForShapes(ITensor& tensor) noexcept override;
  bool markDebug(ITensor& tensor) noexcept override;
  bool unmarkDebug(ITensor& tensor) noexcept override;
  bool isDebugTensor(ITensor const& tensor) const noexcept override;
  bool markUnfusedTensorsAsDebugTensors() noexcept override;
  bool unmarkUnfusedTensorsAsDebugTensors() noexcept override { return true; }
  int32_t getNbInputs() const noexcept override { return static_cast<int32_t>(inputs_.size()); }
  ITensor* getInput(int32_t index) const noexcept override;
  int32_t getNbOutputs() const noexcept override { return static_cast<int32_t>(outputs_.size()); }
  ITensor* getOutput(int32_t index) const noexcept override;
  int32_t getNbLayers() const noexcept override { return static_cast<int32_t>(layers_.size()); }
  ILayer* getLayer(int32_t index) const noexcept override;
  void removeTensor(ITensor& tensor) noexcept override;

  IConvolutionLayer* addConvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims const& kernelSize,
                                      Weights kernelWeights, Weights biasWeights) noexcept override;
  IDeconvolutionLayer* addDeconvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims kernelSize, Weights kernelWeights,
                                          Weights biasWeights) noexcept override;
  IPoolingLayer* addPoolingNd(ITensor& input, PoolingType type, Dims const& windowSize) noexcept override;
  ILRNLayer* addLRN(ITensor& input, int64_t window, float alpha, float beta, float k) noexcept override;
  IScaleLayer* addScaleNd(ITensor& input, ScaleMode mode, Weights shift, Weights scale, Weights power,
                          int32_t channelAxis) noexcept override;
  ISoftMaxLayer* addSoftMax(ITensor& input) noexcept override;
  IRaggedSoftMaxLayer* addRaggedSoftMax(ITensor& input, ITensor& bounds) noexcept override;
  INormalizationLayer* addNormalization(ITensor& input, ITensor& scale, ITensor& bias,
                                        uint32_t axesMask) noexcept override;
  INormalizationLayer* addNormalizationV2(ITensor& input, ITensor& scale, ITensor& bias,
                                          uint32_t axesMask) noexcept override;
  IMatrixMultiplyLayer* addMatrixMultiply(ITensor& input0, MatrixOperation op0, ITensor& input1,
                                          MatrixOperation op1) noexcept override;
  IEinsumLayer* addEinsum(ITensor* const* inputs, int32_t nbInputs, char const* equation) noexcept override;

  IActivationLayer* addActivation(ITensor& input, ActivationType type) noexcept override;
  IElementWiseLayer* addElementWise(ITensor& input1, ITensor& input2, ElementWiseOperation op) noexcept override;
  IUnaryLayer* addUnary(ITensor& input, UnaryOperation operation) noexcept override;
  IParametricReLULayer* addParametricReLU(ITensor& input, ITensor& slope) noexcept override;
  ISelectLayer* addSelect(ITensor& condition, ITensor& thenInput, ITensor& elseInput) noexcept override;
  IIdentityLayer* addIdentity(ITensor& input) noexcept override;
  ICastLayer* addCast(ITensor& input, DataType toType) noexcept override;
  IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale, DataType outputType) noexcept override;
  IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale, DataType outputType) noexcept override;
  IDynamicQuantizeLayer* addDynamicQuantize(ITensor& input, int32_t axis, int32_t blockSize, DataType outputType,
                                            DataType scaleType) noexcept override;
  IDynamicQuantizeLayer* addDynamicQuantizeV2(ITensor& input, Dims const& blockShape, DataType outputType,
                                              DataType scaleType) noexcept override;

  IConcatenationLayer* addConcatenation(ITensor* const* inputs, int32_t nbInputs) noexcept override;
  IPaddingLayer* addPaddingNd(ITensor& input, Dims const& prePadding, Dims const& postPadding) noexcept override;
  IShuffleLayer* addShuffle(ITensor& input) noexcept override;
  ISliceLayer* addSlice(ITensor& input, Dims const& start, Dims const& size, Dims const& stride) noexcept override;
  IShapeLayer* addShape(ITensor& input) noexcept override;
  IGatherLayer* addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) noexcept override;
  IScatterLayer* addScatter(ITensor& data, ITensor& indices, ITensor& updates, ScatterMode mode) noexcept override;
  IOneHotLayer* addOneHot(ITensor& indices, ITensor& values, ITensor& depth, int32_t axis) noexcept override;
  INonZeroLayer* addNonZero(ITensor& input, DataType indicesType) noexcept override;
  IConstantLayer* addConstant(Dims const& dimensions, Weights weights) noexcept override;
  IFillLayer* addFill(Dims const& dimensions, FillOperation op, DataType outputType) noexcept override;
  ISqueezeLayer* addSqueeze(ITensor& input, ITensor& axes) noexcept override;
  IUnsqueezeLayer* addUnsqueeze(ITensor& input, ITensor& axes) noexcept override;
  IReverseSequenceLayer* addReverseSequence(ITensor& input, ITensor& sequenceLens) noexcept override;
  IAssertionLayer* addAssertion(ITensor& condition, char const* message) noexcept override;

  IReduceLayer* addReduce(ITensor& input, ReduceOperation operation, uint32_t reduceAxes,
                          bool keepDimensions) noexcept override;
  ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes,
                      DataType indicesType) noexcept override;
  ICumulativeLayer* addCumulative(ITensor& input, ITensor& axis, CumulativeOperation operation, bool exclusive,
                                  bool reverse) noexcept override;
  IResizeLayer* addResize(ITensor& input) noexcept override;
  IGridSampleLayer* addGridSample(ITensor& input, ITensor& grid) noexcept override;
  INMSLayer* addNMS(ITensor& boxes, ITensor& scores, ITensor& maxOutputBoxesPerClass,
                    DataType indicesType) noexcept override;

  IAttention* addAttentionV2(ITensor& query, ITensor& key, ITensor& value, AttentionNormalizationOp normOp,
                             CausalMaskKind causalKind) noexcept override;
  IRotaryEmbeddingLayer* addRotaryEmbedding(ITensor& input, ITensor& cosCache, ITensor& sinCache, bool interleaved,
                                            int32_t rotaryEmbeddingDim) noexcept override;
  IKVCacheUpdateLayer* addKVCacheUpdate(ITensor& cache, ITensor& update, ITensor& writeIndices,
                                        KVCacheMode cacheMode) noexcept override;
  IMoELayer* addMoE(ITensor& hiddenStates, ITensor& selectedExpertsForTokens,
                    ITensor& scoresForSelectedExperts) noexcept override;
  IDistCollectiveLayer* addDistCollective(ITensor& input, CollectiveOperation distCollectiveOp,
                                          ReduceOperation reduceOp, int64_t root, int64_t* groups,
                                          int64_t groupSize) noexcept override;
  IFullyConnectedLayer* addFullyConnected(ITensor& input, int32_t nbOutputs, Weights kernelWeights,
                                          Weights biasWeights) noexcept override;
  IRNNv2Layer* addRNNv2(ITensor& input, int32_t layerCount, int32_t hiddenSize, int32_t maxSeqLen,
                        RNNOperation op) noexcept override;
  IPluginV2Layer* addPluginV2(ITensor* const* inputs, int32_t nbInputs, IPluginV2& plugin) noexcept override;
  IPluginV3Layer* addPluginV3(ITensor* const* inputs, int32_t nbInputs, ITensor* const* shapeInputs,
                              int32_t nbShapeInputs, IPluginV3& plugin) noexcept override;

  ILoop* addLoop() noexcept override;
  IIfConditional* addIfConditional() noexcept override;
  IOperatorLayer* addOperator(char const* domain, char const* operatorName, PluginFieldCollection const& attributes,
                              ITensor* const* inputs, int32_t nbInputs) noexcept override;

  void setName(char const* name) noexcept override;
  char const* getName() const noexcept override { return name_.c_str(); }
  bool setWeightsName(Weights weights, char const* name) noexcept override;
  bool markWeightsRefittable(char const* name) noexcept override;
  bool unmarkWeightsRefittable(char const* name) noexcept override;
  bool areWeightsMarkedRefittable(char const*) const noexcept override { return false; }
  NetworkDefinitionCreationFlags getFlags() const noexcept override { return flags_; }
  bool getFlag(NetworkDefinitionCreationFlag flag) const noexcept override {
    return (flags_ >> static_cast<uint32_t>(flag) & 1U) != 0;
  }
  IBuilder& getBuilder() const noexcept override { return builder_; }
  void setErrorRecorder(IErrorRecorder* recorder) noexcept override { reporter_.set_recorder(recorder); }
  IErrorRecorder* getErrorRecorder() const noexcept override { return reporter_.recorder(); }
  bool retainResource(void* resource, void (*release)(void*)) noexcept override;
  char const* toText() noexcept override;

  /// Takes a layer made from `arguments` and gives it back as its interface, or reports why not and gives nullptr.
  template <class L, class Make>
  L* add(Make&& make) noexcept {
    return guarded(reporter_, static_cast<L*>(nullptr), [&] {
      std::unique_ptr<L> layer = make();
      L* made = layer.get();
      layers_.push_back(std::move(layer));
      return made;
    });
  }
  /// The tensors behind an array of interfaces. Throws Error; nullptr entries pass when they are allowed.
  std::vector<Tensor*> own_all(ITensor* const* tensors, int32_t count, bool allow_missing) const;

 private:
  struct Resource {
    void* resource;
    void (*release)(void*);
  };
  ir::Value* try_value_of(const Tensor& tensor);
  void ensure(Layer& layer);
  void ensure_inputs();
  void lower(Layer& layer, ir::Graph& graph);
  void undo(Layer& layer) noexcept;
  void mark_shape_inputs(const Layer& layer);
  bool is_read(const Tensor& tensor) const;
  bool is_idle(const Layer& layer) const;
  template <class Interface>
  Interface* refuse(std::string_view layer, std::string_view instead) const noexcept;

  IBuilder& builder_;
  Reporter reporter_;
  NetworkDefinitionCreationFlags flags_;
  std::string name_;
  int next_layer_number_ = 0;
  std::vector<std::unique_ptr<Tensor>> inputs_;
  std::vector<std::unique_ptr<Layer>> layers_;
  std::vector<Tensor*> outputs_;
  std::vector<Resource> resources_;
  std::vector<std::unique_ptr<Construct>> constructs_;
  std::unique_ptr<ir::Graph> graph_;
  bool structured_ = false;  ///< The graph has regions: it is for a build, not to be added to.
  std::string text_;
};

}  // namespace dvt::api

#pragma once
/// \file
/// Engines, contexts and all that runs them.

#include "NvInferImpl.h"

#include <dovetail/algorithm_selector.h>
#include <dovetail/calibrator.h>
#include <dovetail/progress_monitor.h>
#include <dovetail/refitter.h>
#include <dovetail/runtime.h>

#if NV_TENSORRT_MAJOR >= 10
namespace nvinfer1 {
/// Interfaces that users implement, by the names of their first revision.
namespace v_1_0 {
using IAlgorithmSelector = nvinfer1::IAlgorithmSelector;
using IDebugListener = nvinfer1::IDebugListener;
using IErrorRecorder = nvinfer1::IErrorRecorder;
using IGpuAllocator = nvinfer1::IGpuAllocator;
using IGpuAsyncAllocator = nvinfer1::IGpuAsyncAllocator;
using IInt8EntropyCalibrator = nvinfer1::IInt8EntropyCalibrator;
using IInt8EntropyCalibrator2 = nvinfer1::IInt8EntropyCalibrator2;
using IInt8LegacyCalibrator = nvinfer1::IInt8LegacyCalibrator;
using IInt8MinMaxCalibrator = nvinfer1::IInt8MinMaxCalibrator;
using ILogger = nvinfer1::ILogger;
using IOutputAllocator = nvinfer1::IOutputAllocator;
using IPluginCapability = nvinfer1::IPluginCapability;
using IPluginCreator = nvinfer1::IPluginCreator;
using IPluginCreatorInterface = nvinfer1::IPluginCreatorInterface;
using IPluginCreatorV3One = nvinfer1::IPluginCreatorV3One;
using IPluginResource = nvinfer1::IPluginResource;
using IPluginV3 = nvinfer1::IPluginV3;
using IPluginV3OneCore = nvinfer1::IPluginV3OneCore;
using IPluginV3OneRuntime = nvinfer1::IPluginV3OneRuntime;
using IProfiler = nvinfer1::IProfiler;
using IProgressMonitor = nvinfer1::IProgressMonitor;
using IStreamReader = nvinfer1::IStreamReader;
using IStreamReaderV2 = nvinfer1::IStreamReaderV2;
using IStreamWriter = nvinfer1::IStreamWriter;
}  // namespace v_1_0
}  // namespace nvinfer1
#endif

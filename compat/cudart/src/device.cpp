// The one device: this machine, described in CUDA's terms.

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include "capture.h"
#include "error.h"
#include "handles.h"
#include "memory.h"
#include "stream.h"

namespace dvt::cudart {
namespace {

/// The interface's release, as cudaRuntimeGetVersion states it.
constexpr int kVersion = CUDART_VERSION;
constexpr const char* kBusId = "0000:00:00.0";

/// A field of /proc/cpuinfo, or "".
std::string cpu_field(const std::string& name) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.compare(0, name.size(), name) == 0 && line.find(": ") != std::string::npos)
      return line.substr(line.find(": ") + 2);
  return "";
}

/// The numbers of a mid-size GPU of compute capability 8.9 where this machine has none of its own: programs size their
/// work by them, and take paths for FP16, BF16, INT8 and FP8 that the engine has as well.
cudaDeviceProp describe() {
  cudaDeviceProp p{};
  const std::string cpu = cpu_field("model name");
  std::snprintf(p.name, sizeof p.name, "Dovetail host device%s%s", cpu.empty() ? "" : ": ", cpu.c_str());
  std::memcpy(p.uuid.bytes, "dovetail-host-00", sizeof p.uuid.bytes);
  p.totalGlobalMem = memory_info().total;
  p.major = 8;
  p.minor = 9;
  p.multiProcessorCount = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const double megahertz = std::atof(cpu_field("cpu MHz").c_str());
  p.clockRate = megahertz > 0 ? static_cast<int>(megahertz * 1000) : 2000000;
  p.memoryClockRate = 3200000;
  p.memoryBusWidth = 128;
  const long l3 = sysconf(_SC_LEVEL3_CACHE_SIZE), l2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
  p.l2CacheSize = static_cast<int>(std::min<long>(std::max({l3, l2, 1L << 20}), 1L << 30));
  p.warpSize = 32;
  p.maxThreadsPerBlock = p.maxThreadsDim[0] = p.maxThreadsDim[1] = 1024;
  p.maxThreadsDim[2] = 64;
  p.maxGridSize[0] = 2147483647;
  p.maxGridSize[1] = p.maxGridSize[2] = 65535;
  p.maxThreadsPerMultiProcessor = 1536;
  p.maxBlocksPerMultiProcessor = 24;
  p.sharedMemPerBlock = 48 << 10;
  p.sharedMemPerBlockOptin = 99 << 10;
  p.sharedMemPerMultiprocessor = 100 << 10;
  p.reservedSharedMemPerBlock = 1 << 10;
  p.regsPerBlock = p.regsPerMultiprocessor = 65536;
  p.totalConstMem = 64 << 10;
  p.memPitch = 2147483647;
  p.textureAlignment = p.surfaceAlignment = 512;
  p.texturePitchAlignment = 32;
  p.deviceOverlap = p.asyncEngineCount = p.concurrentKernels = 1;
  p.integrated = p.canMapHostMemory = p.unifiedAddressing = p.managedMemory = p.concurrentManagedAccess = 1;
  p.directManagedMemAccessFromHost = p.hostNativeAtomicSupported = 1;
  p.streamPrioritiesSupported = p.memoryPoolsSupported = 1;
  p.hostRegisterSupported = p.hostRegisterReadOnlySupported = p.canUseHostPointerForRegisteredMem = 1;
  p.globalL1CacheSupported = p.localL1CacheSupported = 1;
  p.singleToDoublePrecisionPerfRatio = 2;
  return p;
}

const cudaDeviceProp& properties() {
  static const cudaDeviceProp p = describe();
  return p;
}

/// CUDA_VISIBLE_DEVICES hides the device as it hides others.
int device_count() {
  static const int count = [] {
    const char* visible = std::getenv("CUDA_VISIBLE_DEVICES");
    return visible == nullptr || std::strncmp(visible, "0", 1) == 0 || std::strncmp(visible, "GPU-", 4) == 0 ? 1 : 0;
  }();
  return count;
}

cudaError_t check_device(int device) {
  if (device_count() == 0) return cudaErrorNoDevice;
  return device == 0 ? cudaSuccess : cudaErrorInvalidDevice;
}

unsigned device_flags = cudaDeviceMapHost;

}  // namespace
}  // namespace dvt::cudart

using namespace dvt::cudart;

cudaError_t cudaGetDeviceCount(int* count) {
  return call([&] {
    if (count == nullptr) return cudaErrorInvalidValue;
    *count = device_count();
    return *count == 0 ? cudaErrorNoDevice : cudaSuccess;
  });
}

cudaError_t cudaGetDevice(int* device) {
  return call([&] {
    if (device == nullptr) return cudaErrorInvalidValue;
    *device = 0;
    return check_device(0);
  });
}

cudaError_t cudaSetDevice(int device) {
  return call([&] { return check_device(device); });
}

cudaError_t cudaInitDevice(int device, unsigned int, unsigned int) { return cudaSetDevice(device); }

cudaError_t cudaSetValidDevices(int* devices, int count) {
  return call([&] {
    for (int i = 0; i < count; ++i)
      if (devices == nullptr || devices[i] != 0) return cudaErrorInvalidDevice;
    return cudaSuccess;
  });
}

cudaError_t cudaChooseDevice(int* device, const cudaDeviceProp* prop) {
  if (prop == nullptr) return note(cudaErrorInvalidValue);
  return cudaGetDevice(device);
}

cudaError_t cudaSetDeviceFlags(unsigned int flags) {
  return call([&] {
    if ((flags & ~unsigned{cudaDeviceMask}) != 0) return cudaErrorInvalidValue;
    device_flags = flags | cudaDeviceMapHost;
    return cudaSuccess;
  });
}

cudaError_t cudaGetDeviceFlags(unsigned int* flags) {
  return call([&] {
    if (flags == nullptr) return cudaErrorInvalidValue;
    *flags = device_flags;
    return cudaSuccess;
  });
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* prop, int device) {
  return call([&] {
    if (prop == nullptr) return cudaErrorInvalidValue;
    if (const cudaError_t error = check_device(device); error != cudaSuccess) return error;
    *prop = properties();
    return cudaSuccess;
  });
}

cudaError_t cudaGetDeviceProperties_v2(cudaDeviceProp* prop, int device) {
  return cudaGetDeviceProperties(prop, device);
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attr, int device) {
  return call([&] {
    if (value == nullptr) return cudaErrorInvalidValue;
    if (const cudaError_t error = check_device(device); error != cudaSuccess) return error;
    const cudaDeviceProp& p = properties();
    switch (attr) {
#define CUDA_ATTRIBUTE(name, number, expression) \
  case cudaDevAttr##name:                        \
    *value = static_cast<int>(expression);       \
    return cudaSuccess;
#include "cuda_device_properties.inc"
#undef CUDA_ATTRIBUTE
      default:
        break;
    }
    if (attr < 1 || attr >= cudaDevAttrMax) return cudaErrorInvalidValue;
    *value = 0;  // what the list leaves out is an ability of real devices
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetPCIBusId(char* pciBusId, int len, int device) {
  return call([&] {
    if (pciBusId == nullptr || len < static_cast<int>(std::strlen(kBusId)) + 1) return cudaErrorInvalidValue;
    if (const cudaError_t error = check_device(device); error != cudaSuccess) return error;
    std::strcpy(pciBusId, kBusId);
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetByPCIBusId(int* device, const char* pciBusId) {
  return call([&] {
    if (device == nullptr || pciBusId == nullptr) return cudaErrorInvalidValue;
    if (std::strcmp(pciBusId, kBusId) != 0) return cudaErrorInvalidDevice;
    *device = 0;
    return check_device(0);
  });
}

cudaError_t cudaDeviceSynchronize(void) {
  return call([&] {
    if (const cudaError_t error = refuse_unsafe(); error != cudaSuccess) return error;
    if (Stream::on_a_stream()) return cudaErrorNotPermitted;
    wait_for_streams(false);
    return check_device(0);
  });
}

cudaError_t cudaThreadSynchronize(void) { return cudaDeviceSynchronize(); }

// What programs made stays valid: a reset is the end of a program's use of the device, not of its memory.
cudaError_t cudaDeviceReset(void) { return cudaDeviceSynchronize(); }

namespace {
size_t limits[7] = {1024, 1 << 20, 8 << 20, 2, 2048, 64, 0};
}

cudaError_t cudaDeviceGetLimit(size_t* value, cudaLimit limit) {
  return call([&] {
    if (value == nullptr) return cudaErrorInvalidValue;
    if (limit < cudaLimitStackSize || limit > cudaLimitPersistingL2CacheSize) return cudaErrorUnsupportedLimit;
    *value = limits[limit];
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceSetLimit(cudaLimit limit, size_t value) {
  return call([&] {
    if (limit < cudaLimitStackSize || limit > cudaLimitPersistingL2CacheSize) return cudaErrorUnsupportedLimit;
    limits[limit] = value;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetCacheConfig(cudaFuncCache* config) {
  if (config == nullptr) return note(cudaErrorInvalidValue);
  *config = cudaFuncCachePreferNone;
  return cudaSuccess;
}

cudaError_t cudaDeviceSetCacheConfig(cudaFuncCache) { return cudaSuccess; }

cudaError_t cudaDeviceGetSharedMemConfig(cudaSharedMemConfig* config) {
  if (config == nullptr) return note(cudaErrorInvalidValue);
  *config = cudaSharedMemBankSizeFourByte;
  return cudaSuccess;
}

cudaError_t cudaDeviceSetSharedMemConfig(cudaSharedMemConfig) { return cudaSuccess; }

// There is no other device to share with.
cudaError_t cudaDeviceCanAccessPeer(int* canAccessPeer, int device, int peerDevice) {
  return call([&] {
    if (canAccessPeer == nullptr) return cudaErrorInvalidValue;
    if (device != 0 || peerDevice != 0) return cudaErrorInvalidDevice;
    *canAccessPeer = 0;
    return cudaSuccess;
  });
}
cudaError_t cudaDeviceEnablePeerAccess(int, unsigned int) { return note(cudaErrorInvalidDevice); }
cudaError_t cudaDeviceDisablePeerAccess(int) { return note(cudaErrorInvalidDevice); }

cudaError_t cudaDriverGetVersion(int* driverVersion) {
  if (driverVersion == nullptr) return note(cudaErrorInvalidValue);
  *driverVersion = kVersion;
  return cudaSuccess;
}

cudaError_t cudaRuntimeGetVersion(int* runtimeVersion) { return cudaDriverGetVersion(runtimeVersion); }

cudaError_t cudaProfilerStart(void) { return cudaSuccess; }
cudaError_t cudaProfilerStop(void) { return cudaSuccess; }

// Sharing between processes.
cudaError_t cudaIpcGetMemHandle(cudaIpcMemHandle_t*, void*) { return note(cudaErrorNotSupported); }
cudaError_t cudaIpcOpenMemHandle(void**, cudaIpcMemHandle_t, unsigned int) { return note(cudaErrorNotSupported); }
cudaError_t cudaIpcCloseMemHandle(void*) { return note(cudaErrorNotSupported); }
cudaError_t cudaIpcGetEventHandle(cudaIpcEventHandle_t*, cudaEvent_t) { return note(cudaErrorNotSupported); }
cudaError_t cudaIpcOpenEventHandle(cudaEvent_t*, cudaIpcEventHandle_t) { return note(cudaErrorNotSupported); }

#pragma once

// Every layer interface.
#include <dovetail/layers_control.h>
#include <dovetail/layers_data.h>
#include <dovetail/layers_neural.h>
#include <dovetail/layers_pointwise.h>
#include <dovetail/layers_reduce.h>

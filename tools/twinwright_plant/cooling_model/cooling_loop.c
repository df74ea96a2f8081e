/* The equations of CoolingLoop.mo as a co-simulation FMU, FMI 2.0 or 3.0 (-DFMI_VERSION=2 or 3).
 *
 * variables.h is written by build_fmu.py from CoolingLoop.mo: an enum of the variables (their value references) and
 * START, their start values. The types below are those of the FMI 2.0.5 and 3.0.2 headers.
 */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "variables.h"

#define EXPORT __attribute__((visibility("default")))
#define OK 0
#define ERROR 3
#define STATES 3
#define RELEASE_TIME 2.0 /* s */
#define LONGEST_STEP 1.0 /* s: half of the shortest time constant */

typedef struct {
    double value[VARIABLES];
    double state[STATES]; /* valve position, heat flow in kW, bowl temperature in degC */
} Loop;

static const double glycol_heat = 1.03 * 3.75, product_heat = 1.03 * 4.0;
static const double start_state[STATES] = {0.6, 150.0, 8.0};

/* Outputs and time derivatives at the inputs and states of the moment. */
static void evaluate(double *v, const double *state, double *slope) {
    double gap = v[valveCommand] - state[0], duty = state[1];
    slope[0] = (fmax(0.0, gap - v[stickBand]) + fmin(0.0, gap + 0.3 * v[stickBand])) / v[valveTime];
    v[valvePosition] = state[0];
    v[glycolFlow] = v[valveCoefficient] * fmax(0.02, state[0]) * sqrt(fmax(0.0025, v[headerPressure]));
    double product = fmax(0.1 * v[nominalProductFlow], v[productFlow]);
    double hot = product * product_heat, cold = v[glycolFlow] * glycol_heat;
    double small = fmin(hot, cold), ratio = fmin(0.999, small / fmax(hot, cold));
    double film = 0.5 * pow(v[nominalProductFlow] / product, 0.8) + 0.5 * pow(v[nominalGlycolFlow] / v[glycolFlow], 0.8);
    double units = v[area] * v[transferCoefficient] / (film + v[fouling]) / small;
    double decay = exp(-units * (1.0 - ratio));
    double effectiveness = (1.0 - decay) / (1.0 - ratio * decay);
    double most = hot * (v[productInletTemperature] - v[supplyTemperature]);
    double steady = effectiveness * small * (v[productInletTemperature] - v[supplyTemperature]);
    double moved = fmin(duty, most), cooled = v[productInletTemperature] - moved / hot;
    slope[1] = (steady - duty) / v[thermalTime] - fmax(0.0, duty - most) / RELEASE_TIME;
    slope[2] = product * (cooled - state[2]) / v[bowlVolume];
    v[productTemperature] = cooled + v[thermometerError];
    v[glycolOutletTemperature] = v[supplyTemperature] + moved / cold;
    v[bowlTemperature] = state[2];
    v[pressureDrop] = v[nominalPressureDrop] * pow(product / v[nominalProductFlow], 1.9) * (1.0 + 1.8 * v[fouling]);
}

/* Runge-Kutta of fourth order with the inputs held. */
static void advance(Loop *loop, double seconds) {
    static const double share[4] = {0.0, 0.5, 0.5, 1.0}, weight[4] = {1.0, 2.0, 2.0, 1.0};
    int steps = (int)ceil(seconds / LONGEST_STEP - 1e-9);
    double step = seconds / (steps > 0 ? steps : 1), scratch[STATES];
    for (int n = 0; n < steps; n++) {
        double slope[STATES] = {0.0}, sum[STATES] = {0.0};
        for (int stage = 0; stage < 4; stage++) {
            for (int i = 0; i < STATES; i++) scratch[i] = loop->state[i] + share[stage] * step * slope[i];
            evaluate(loop->value, scratch, slope);
            for (int i = 0; i < STATES; i++) sum[i] += weight[stage] * slope[i];
        }
        for (int i = 0; i < STATES; i++) loop->state[i] += step / 6.0 * sum[i];
    }
}

static int reset(Loop *loop) {
    memcpy(loop->value, START, sizeof START);
    memcpy(loop->state, start_state, sizeof start_state);
    return OK;
}

static Loop *instantiate(const char *token) {
    if (strcmp(token, TOKEN) != 0) return NULL;
    Loop *loop = malloc(sizeof *loop);
    if (loop) reset(loop);
    return loop;
}

static int get(Loop *loop, const unsigned *references, size_t count, double *values) {
    double slope[STATES];
    evaluate(loop->value, loop->state, slope);
    for (size_t i = 0; i < count; i++) {
        if (references[i] >= VARIABLES) return ERROR;
        values[i] = loop->value[references[i]];
    }
    return OK;
}

static int set(Loop *loop, const unsigned *references, size_t count, const double *values) {
    for (size_t i = 0; i < count; i++) {
        if (references[i] >= VARIABLES || !isfinite(values[i])) return ERROR;
        loop->value[references[i]] = values[i];
    }
    return OK;
}

#define REFUSE(name) \
    EXPORT int name(void) { return ERROR; } /* a function of the standard that this model has no use for */

#if FMI_VERSION == 2

EXPORT const char *fmi2GetTypesPlatform(void) { return "default"; }
EXPORT const char *fmi2GetVersion(void) { return "2.0"; }
EXPORT int fmi2SetDebugLogging(void *loop, int on, size_t count, const char *const names[]) { return OK; }
EXPORT void *fmi2Instantiate(const char *name, int type, const char *token, const char *resources, const void *functions,
                             int visible, int logging) {
    return type == 1 ? instantiate(token) : NULL;
}
EXPORT void fmi2FreeInstance(void *loop) { free(loop); }
EXPORT int fmi2SetupExperiment(void *loop, int given, double tolerance, double start, int stops, double stop) { return OK; }
EXPORT int fmi2EnterInitializationMode(void *loop) { return OK; }
EXPORT int fmi2ExitInitializationMode(void *loop) { return OK; }
EXPORT int fmi2Terminate(void *loop) { return OK; }
EXPORT int fmi2Reset(void *loop) { return reset(loop); }
EXPORT int fmi2GetReal(void *loop, const unsigned *references, size_t count, double *values) {
    return get(loop, references, count, values);
}
EXPORT int fmi2SetReal(void *loop, const unsigned *references, size_t count, const double *values) {
    return set(loop, references, count, values);
}
EXPORT int fmi2DoStep(void *loop, double now, double step, int no_return) {
    advance(loop, step);
    return OK;
}
REFUSE(fmi2GetInteger) REFUSE(fmi2GetBoolean) REFUSE(fmi2GetString)
REFUSE(fmi2SetInteger) REFUSE(fmi2SetBoolean) REFUSE(fmi2SetString)
REFUSE(fmi2GetFMUstate) REFUSE(fmi2SetFMUstate) REFUSE(fmi2FreeFMUstate)
REFUSE(fmi2SerializedFMUstateSize) REFUSE(fmi2SerializeFMUstate) REFUSE(fmi2DeSerializeFMUstate)
REFUSE(fmi2GetDirectionalDerivative) REFUSE(fmi2SetRealInputDerivatives) REFUSE(fmi2GetRealOutputDerivatives)
REFUSE(fmi2CancelStep) REFUSE(fmi2GetStatus) REFUSE(fmi2GetRealStatus) REFUSE(fmi2GetIntegerStatus)
REFUSE(fmi2GetBooleanStatus) REFUSE(fmi2GetStringStatus)

#else

#include <stdbool.h>

EXPORT const char *fmi3GetVersion(void) { return "3.0"; }
EXPORT int fmi3SetDebugLogging(void *loop, bool on, size_t count, const char *const names[]) { return OK; }
EXPORT void *fmi3InstantiateCoSimulation(const char *name, const char *token, const char *resources, bool visible,
                                         bool logging, bool events, bool early, const unsigned *required, size_t count,
                                         void *environment, void *log, void *update) {
    return instantiate(token);
}
EXPORT void *fmi3InstantiateModelExchange(void) { return NULL; }
EXPORT void *fmi3InstantiateScheduledExecution(void) { return NULL; }
EXPORT void fmi3FreeInstance(void *loop) { free(loop); }
EXPORT int fmi3EnterInitializationMode(void *loop, bool given, double tolerance, double start, bool stops, double stop) {
    return OK;
}
EXPORT int fmi3ExitInitializationMode(void *loop) { return OK; }
EXPORT int fmi3Terminate(void *loop) { return OK; }
EXPORT int fmi3Reset(void *loop) { return reset(loop); }
EXPORT int fmi3GetFloat64(void *loop, const unsigned *references, size_t count, double *values, size_t many) {
    return count == many ? get(loop, references, count, values) : ERROR;
}
EXPORT int fmi3SetFloat64(void *loop, const unsigned *references, size_t count, const double *values, size_t many) {
    return count == many ? set(loop, references, count, values) : ERROR;
}
EXPORT int fmi3DoStep(void *loop, double now, double step, bool no_return, bool *event, bool *terminate, bool *early,
                      double *reached) {
    advance(loop, step);
    *event = *terminate = *early = false;
    *reached = now + step;
    return OK;
}
REFUSE(fmi3EnterEventMode) REFUSE(fmi3EnterStepMode) REFUSE(fmi3EnterConfigurationMode)
REFUSE(fmi3ExitConfigurationMode) REFUSE(fmi3EnterContinuousTimeMode)
REFUSE(fmi3GetFloat32) REFUSE(fmi3GetInt8) REFUSE(fmi3GetUInt8) REFUSE(fmi3GetInt16) REFUSE(fmi3GetUInt16)
REFUSE(fmi3GetInt32) REFUSE(fmi3GetUInt32) REFUSE(fmi3GetInt64) REFUSE(fmi3GetUInt64) REFUSE(fmi3GetBoolean)
REFUSE(fmi3GetString) REFUSE(fmi3GetBinary) REFUSE(fmi3GetClock)
REFUSE(fmi3SetFloat32) REFUSE(fmi3SetInt8) REFUSE(fmi3SetUInt8) REFUSE(fmi3SetInt16) REFUSE(fmi3SetUInt16)
REFUSE(fmi3SetInt32) REFUSE(fmi3SetUInt32) REFUSE(fmi3SetInt64) REFUSE(fmi3SetUInt64) REFUSE(fmi3SetBoolean)
REFUSE(fmi3SetString) REFUSE(fmi3SetBinary) REFUSE(fmi3SetClock)
REFUSE(fmi3GetNumberOfVariableDependencies) REFUSE(fmi3GetVariableDependencies)
REFUSE(fmi3GetFMUState) REFUSE(fmi3SetFMUState) REFUSE(fmi3FreeFMUState)
REFUSE(fmi3SerializedFMUStateSize) REFUSE(fmi3SerializeFMUState) REFUSE(fmi3DeserializeFMUState)
REFUSE(fmi3GetDirectionalDerivative) REFUSE(fmi3GetAdjointDerivative)
REFUSE(fmi3GetIntervalDecimal) REFUSE(fmi3GetIntervalFraction) REFUSE(fmi3GetShiftDecimal)
REFUSE(fmi3GetShiftFraction) REFUSE(fmi3SetIntervalDecimal) REFUSE(fmi3SetIntervalFraction)
REFUSE(fmi3SetShiftDecimal) REFUSE(fmi3SetShiftFraction)
REFUSE(fmi3EvaluateDiscreteStates) REFUSE(fmi3UpdateDiscreteStates)
REFUSE(fmi3CompletedIntegratorStep) REFUSE(fmi3SetTime) REFUSE(fmi3SetContinuousStates)
REFUSE(fmi3GetContinuousStateDerivatives) REFUSE(fmi3GetEventIndicators) REFUSE(fmi3GetContinuousStates)
REFUSE(fmi3GetNominalsOfContinuousStates) REFUSE(fmi3GetNumberOfEventIndicators)
REFUSE(fmi3GetNumberOfContinuousStates) REFUSE(fmi3GetOutputDerivatives) REFUSE(fmi3ActivateModelPartition)

#endif

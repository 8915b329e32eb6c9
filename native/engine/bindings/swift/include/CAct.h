/* What Swift sees of the engine: its public functions. */
#include "../../../act.h"

/* SGR sequences: what they do to a pen. */

#ifndef RMOSH_COMPILED_RENDITION_H
#define RMOSH_COMPILED_RENDITION_H

#include "module.h"

/* A packed style without a link, in two numbers. */
typedef struct {
    uint64_t lower;
    uint64_t upper;
} Pen;

/* Take the parameters of an SGR, up to its `m`, into a pen. False, and the pen as it was, where they have other
 * characters than digits and `;`, or are more than MAX_PARAMETERS. */
bool apply_rendition(Pen *pen, const unsigned char *parameters, const unsigned char *end);

#endif

/* Must do what rmosh/terminal/sgr.py does. */

#include "rendition.h"

/* More are left to Python. Reason: the longest in use, two colours of 24 bits and some attributes, have 15. */
#define MAX_PARAMETERS 24

/* Numbers above it are not told apart: none of them means anything. */
#define MAX_NUMBER 9999

/* Fields of a pen's upper part. */
#define UNDERLINE_COLOUR 0
#define UNDERLINE 26
#define PROTECTED (UINT64_C(1) << 29)
#define ATTRIBUTES 30

enum { BOLD = 1, DIM = 2, ITALIC = 4, BLINK = 8, REVERSE = 16, HIDDEN = 32, STRIKE = 64, OVERLINE = 128, INDEXED = 256 };

#define NO_COLOUR UINT32_MAX

static void set_attributes(Pen *pen, uint64_t flags)
{
    pen->upper |= flags << ATTRIBUTES;
}

static void clear_attributes(Pen *pen, uint64_t flags)
{
    pen->upper &= ~(flags << ATTRIBUTES);
}

static void underline(Pen *pen, uint64_t shape)
{
    pen->upper = (pen->upper & ~(UINT64_C(7) << UNDERLINE)) | shape << UNDERLINE;
}

static void set_foreground(Pen *pen, uint64_t packed)
{
    clear_attributes(pen, INDEXED);
    pen->lower = (pen->lower & ~COLOUR_BITS) | packed;
}

static void set_background(Pen *pen, uint64_t packed)
{
    pen->lower = (pen->lower & ~(COLOUR_BITS << BACKGROUND)) | packed << BACKGROUND;
}

static void set_underline_colour(Pen *pen, uint64_t packed)
{
    pen->upper = (pen->upper & ~(COLOUR_BITS << UNDERLINE_COLOUR)) | packed << UNDERLINE_COLOUR;
}

/* Return the colour that `2, r, g, b` or `5, index` names, packed, NO_COLOUR if none; count what it took in *used. */
static uint32_t colour_of(const uint32_t *numbers, size_t count, size_t *used)
{
    uint32_t kind = count ? numbers[0] : 0;
    if (kind == 2 && count >= 4) {
        *used = 4;
        if (numbers[1] > 255 || numbers[2] > 255 || numbers[3] > 255)
            return NO_COLOUR;
        return ((uint32_t)DIRECT | numbers[1] << 16 | numbers[2] << 8 | numbers[3]) + 1;
    }
    if (kind == 5 && count >= 2) {
        *used = 2;
        return numbers[1] <= 255 ? numbers[1] + 1 : NO_COLOUR;
    }
    size_t most = kind == 2 ? 4 : kind == 5 ? 2 : 1;
    *used = count < most ? count : most;
    return NO_COLOUR;
}

static void set_extended(Pen *pen, uint32_t code, uint32_t packed)
{
    if (code == 58) {
        set_underline_colour(pen, packed);
    } else if (code == 48) {
        set_background(pen, packed);
    } else {
        set_foreground(pen, packed);
        if (packed <= 8) /* one that 30 to 37 would name too */
            set_attributes(pen, INDEXED);
    }
}

static void apply_code(Pen *pen, uint32_t code)
{
    switch (code) {
    case 0: pen->lower = 0; pen->upper &= PROTECTED; break;
    case 1: set_attributes(pen, BOLD); break;
    case 2: set_attributes(pen, DIM); break;
    case 3: set_attributes(pen, ITALIC); break;
    case 4: underline(pen, 1); break;
    case 5: case 6: set_attributes(pen, BLINK); break;
    case 7: set_attributes(pen, REVERSE); break;
    case 8: set_attributes(pen, HIDDEN); break;
    case 9: set_attributes(pen, STRIKE); break;
    case 21: underline(pen, 2); break;
    case 22: clear_attributes(pen, BOLD | DIM); break;
    case 23: clear_attributes(pen, ITALIC); break;
    case 24: underline(pen, 0); break;
    case 25: clear_attributes(pen, BLINK); break;
    case 27: clear_attributes(pen, REVERSE); break;
    case 28: clear_attributes(pen, HIDDEN); break;
    case 29: clear_attributes(pen, STRIKE); break;
    case 39: set_foreground(pen, 0); break;
    case 49: set_background(pen, 0); break;
    case 53: set_attributes(pen, OVERLINE); break;
    case 55: clear_attributes(pen, OVERLINE); break;
    case 59: set_underline_colour(pen, 0); break;
    default:
        if (code >= 30 && code <= 37)
            set_foreground(pen, code - 30 + 1);
        else if (code >= 40 && code <= 47)
            set_background(pen, code - 40 + 1);
        else if (code >= 90 && code <= 97)
            set_foreground(pen, code - 90 + 8 + 1);
        else if (code >= 100 && code <= 107)
            set_background(pen, code - 100 + 8 + 1);
    }
}

bool apply_rendition(Pen *pen, const unsigned char *parameters, const unsigned char *end)
{
    uint32_t numbers[MAX_PARAMETERS] = {0};
    size_t count = 1;
    for (const unsigned char *at = parameters; at < end; at++) {
        if (*at >= '0' && *at <= '9') {
            uint32_t number = numbers[count - 1] * 10 + (*at - '0');
            numbers[count - 1] = number > MAX_NUMBER ? MAX_NUMBER + 1 : number;
        } else if (*at == ';' && count < MAX_PARAMETERS) {
            count++;
        } else {
            return false;
        }
    }
    for (size_t place = 0; place < count;) {
        uint32_t code = numbers[place++];
        if (code == 38 || code == 48 || code == 58) {
            size_t used;
            uint32_t packed = colour_of(numbers + place, count - place, &used);
            if (packed != NO_COLOUR)
                set_extended(pen, code, packed);
            place += used;
        } else {
            apply_code(pen, code);
        }
    }
    return true;
}

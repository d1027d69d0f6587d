/* LkGalleryFilter: which pictures the gallery shows. All conditions must hold; each is off at first.
 *
 * Properties, all writable: "search" (words of name or caption), "shot" (-1: any), "state" (-1: any), "rating" (at least),
 * "no-caption", "finding" (an LkFinding: its pictures), "attention" (those with a warning or an error), "bucket" (as
 * lk_gallery_bucket_name () names it; NULL: any). "is-active" tells whether any condition but the search is on.
 */
#pragma once

#include <gtk/gtk.h>

#include "project/lk-checks.h"

G_BEGIN_DECLS

#define LK_TYPE_GALLERY_FILTER (lk_gallery_filter_get_type ())
G_DECLARE_FINAL_TYPE (LkGalleryFilter, lk_gallery_filter, LK, GALLERY_FILTER, GtkFilter)

LkGalleryFilter *lk_gallery_filter_new       (LkProject       *project);
/* Pictures changed: conditions may hold for others now. */
void             lk_gallery_filter_update    (LkGalleryFilter *self);
/* Turns every condition off, the search too. */
void             lk_gallery_filter_clear     (LkGalleryFilter *self);
gboolean         lk_gallery_filter_is_active (LkGalleryFilter *self);

/* "832 × 1216", the size that a picture trains at; NULL: not known yet. Owned by the caller. */
char            *lk_gallery_bucket_name      (LkProject       *project,
                                              LkImage         *image);

G_END_DECLS

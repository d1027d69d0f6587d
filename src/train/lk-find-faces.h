/* Faces in the pictures of a project: the finder lives in model/, the project keeps what it found.
 *
 * With a face, a picture without words has a shot type, a proposed crop centres it, and a second face is a finding. On drawings little is
 * found; that says nothing about them.
 */
#pragma once

#include "project/lk-project.h"

G_BEGIN_DECLS

/* Looks for faces in these pictures (array of LkImage), with `images` NULL in all where nobody has looked yet. A picture that cannot be
 * read is passed over. The synchronous one calls `progress` on the calling thread; both work on all cores. */
gboolean lk_project_find_faces         (LkProject            *project,
                                        GPtrArray            *images,
                                        LkProgressFunc        progress,
                                        gpointer              progress_data,
                                        GCancellable         *cancellable,
                                        GError              **error);
void     lk_project_find_faces_async   (LkProject            *project,
                                        GPtrArray            *images,
                                        LkProgressFunc        progress,
                                        gpointer              progress_data,
                                        GCancellable         *cancellable,
                                        GAsyncReadyCallback   callback,
                                        gpointer              user_data);
gboolean lk_project_find_faces_finish  (LkProject            *project,
                                        GAsyncResult         *result,
                                        GError              **error);

G_END_DECLS

/* Help for the tests of project/: folders that go away, files, and the sum of a tree. */
#pragma once

#include "project/lk-edit.h"

G_BEGIN_DECLS

/* A new folder; removed with all in it by lk_test_folder_free (). */
char      *lk_test_folder_new   (void);
void       lk_test_folder_free  (char       *folder);
void       lk_test_remove       (const char *path);                 /* a file or a tree */
void       lk_test_write        (const char *folder, const char *name, const char *data, gssize length);
char      *lk_test_read         (const char *folder, const char *name, gsize *length);     /* NULL: no such file */
gboolean   lk_test_exists       (const char *folder, const char *name);
/* Every path with the SHA-256 of its bytes, sorted; without project.db, its log, the lock, cache/ and trash/. */
char      *lk_test_tree         (const char *folder);
/* A picture file with one colour and a mark, so that no two of different `seed` are alike. */
void       lk_test_write_picture (const char *folder, const char *name, guint width, guint height, guint seed);
LkProject *lk_test_create       (const char *folder);
LkProject *lk_test_open         (const char *folder);
void       lk_test_close        (LkProject  *project);              /* and drops the reference */

#define LK_TEST_FOLDER(name) g_autoptr (LkTestFolder) name = lk_test_folder_new ()
typedef char LkTestFolder;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LkTestFolder, lk_test_folder_free)

G_END_DECLS

#define G_LOG_DOMAIN "likeness-project"

#include "config.h"

#include "project/lk-shared-tokenizer.h"

static GMutex mutex;
static GCond cond;
static gboolean is_started, is_loaded;
static LkTokenizer *shared;

static gpointer
load (gpointer data)
{
  g_autoptr (GError) error = NULL;
  LkTokenizer *tokenizer = lk_tokenizer_new (NULL, &error);

  if (tokenizer == NULL)
    g_warning ("Tokens are not counted: %s", error->message);
  g_mutex_lock (&mutex);
  shared = tokenizer;
  is_loaded = TRUE;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&mutex);
  return NULL;
}

void
lk_shared_tokenizer_start (void)
{
  g_mutex_lock (&mutex);
  if (!is_started)
    g_thread_unref (g_thread_new ("tokenizer", load, NULL));
  is_started = TRUE;
  g_mutex_unlock (&mutex);
}

gboolean
lk_shared_tokenizer_get (gboolean      wait,
                         LkTokenizer **tokenizer)
{
  gboolean is_there;

  lk_shared_tokenizer_start ();
  g_mutex_lock (&mutex);
  while (wait && !is_loaded)
    g_cond_wait (&cond, &mutex);
  is_there = is_loaded;
  *tokenizer = shared;
  g_mutex_unlock (&mutex);
  return is_there;
}

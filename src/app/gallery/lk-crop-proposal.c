#define G_LOG_DOMAIN "likeness-app"

#include "config.h"

#include "app/gallery/lk-crop-proposal.h"

struct _LkCropProposal
{
  GObject     parent_instance;

  LkImage    *image;       /* owned */
  LkProposal  kind;
  LkCrop      crop;
  gboolean    taken;
};

G_DEFINE_FINAL_TYPE (LkCropProposal, lk_crop_proposal, G_TYPE_OBJECT)

enum
{
  PROP_TAKEN = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

LkImage *
lk_crop_proposal_get_image (LkCropProposal *self)
{
  g_return_val_if_fail (LK_IS_CROP_PROPOSAL (self), NULL);

  return self->image;
}

LkProposal
lk_crop_proposal_get_kind (LkCropProposal *self)
{
  g_return_val_if_fail (LK_IS_CROP_PROPOSAL (self), LK_PROPOSAL_NONE);

  return self->kind;
}

const LkCrop *
lk_crop_proposal_get_crop (LkCropProposal *self)
{
  g_return_val_if_fail (LK_IS_CROP_PROPOSAL (self), NULL);

  return &self->crop;
}

void
lk_crop_proposal_set_crop (LkCropProposal *self,
                           const LkCrop   *crop)
{
  g_return_if_fail (LK_IS_CROP_PROPOSAL (self));

  self->crop = *crop;
}

gboolean
lk_crop_proposal_get_taken (LkCropProposal *self)
{
  g_return_val_if_fail (LK_IS_CROP_PROPOSAL (self), FALSE);

  return self->taken;
}

void
lk_crop_proposal_set_taken (LkCropProposal *self,
                            gboolean        taken)
{
  g_return_if_fail (LK_IS_CROP_PROPOSAL (self));

  if (self->taken == taken)
    return;

  self->taken = taken;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TAKEN]);
}

static void
lk_crop_proposal_get_property (GObject    *object,
                               guint       prop_id,
                               GValue     *value,
                               GParamSpec *pspec)
{
  switch (prop_id)
    {
    case PROP_TAKEN:
      g_value_set_boolean (value, LK_CROP_PROPOSAL (object)->taken);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_crop_proposal_set_property (GObject      *object,
                               guint         prop_id,
                               const GValue *value,
                               GParamSpec   *pspec)
{
  switch (prop_id)
    {
    case PROP_TAKEN:
      lk_crop_proposal_set_taken (LK_CROP_PROPOSAL (object), g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
lk_crop_proposal_dispose (GObject *object)
{
  LkCropProposal *self = LK_CROP_PROPOSAL (object);

  g_clear_object (&self->image);

  G_OBJECT_CLASS (lk_crop_proposal_parent_class)->dispose (object);
}

static void
lk_crop_proposal_class_init (LkCropProposalClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = lk_crop_proposal_dispose;
  object_class->get_property = lk_crop_proposal_get_property;
  object_class->set_property = lk_crop_proposal_set_property;

  properties[PROP_TAKEN] = g_param_spec_boolean ("taken", NULL, NULL, FALSE,
                                                 G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
lk_crop_proposal_init (LkCropProposal *self)
{
}

LkCropProposal *
lk_crop_proposal_new (LkImage      *image,
                      LkProposal    kind,
                      const LkCrop *crop)
{
  LkCropProposal *self = g_object_new (LK_TYPE_CROP_PROPOSAL, NULL);

  self->image = g_object_ref (image);
  self->kind = kind;
  self->crop = *crop;
  self->taken = !lk_image_has_crop (image);

  return self;
}

"""Why a picture got its answer: heat maps, similar cases, and how good they are."""

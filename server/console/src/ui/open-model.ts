/** The model that is open, for the head of the frame; null until it is loaded. */

import { signal } from "@preact/signals";
import type { Model } from "../url/routes";

export const openModel = signal<Model | null>(null);

import { setUp } from '../set-up/set-up.mjs';

setUp();

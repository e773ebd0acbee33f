export interface SysBinding {}

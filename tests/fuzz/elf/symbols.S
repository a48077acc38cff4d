/* SPDX-License-Identifier: BSD-2-Clause */
/* Libraries that export what is hooked: NAMES is the list of their functions. */
	.text
	.irp name, NAMES
	.balign 16, 0xcc
	.globl \name
	.type \name, @function
\name:
	ret
	.skip 20, 0x90
	.size \name, . - \name
	.endr

/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in list of GPU prices, as it is in the source tree. */
	.section .rodata
	.global gpu_prices
	.global gpu_prices_len
gpu_prices:
	.incbin "user/gpu/gpu_prices.tsv"
.Lend:
	.balign 8
gpu_prices_len:
	.quad .Lend - gpu_prices
	.section .note.GNU-stack, "", %progbits

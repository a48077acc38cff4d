// SPDX-License-Identifier: BSD-2-Clause
/*
 * Do probes on what libcuda exports meet what the runtime calls? It has its addresses from
 * cuGetProcAddress: compares them with those of the names. One line for each function.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	static const struct {
		const char *name, *exported;
		uint64_t flags; /* 2: streams of each thread */
	} all[] = {
		{ "cuLaunchKernel", "cuLaunchKernel", 0 },
		{ "cuLaunchKernel", "cuLaunchKernel_ptsz", 2 },
		{ "cuLaunchKernelEx", "cuLaunchKernelEx", 0 },
		{ "cuLaunchKernelEx", "cuLaunchKernelEx_ptsz", 2 },
		{ "cuLaunchCooperativeKernel", "cuLaunchCooperativeKernel", 0 },
		{ "cuGraphLaunch", "cuGraphLaunch", 0 },
		{ "cuGraphLaunch", "cuGraphLaunch_ptsz", 2 },
		{ "cuStreamSynchronize", "cuStreamSynchronize", 0 },
		{ "cuStreamSynchronize", "cuStreamSynchronize_ptsz", 2 },
		{ "cuStreamQuery", "cuStreamQuery", 0 },
		{ "cuEventSynchronize", "cuEventSynchronize", 0 },
		{ "cuEventQuery", "cuEventQuery", 0 },
		{ "cuEventRecord", "cuEventRecord", 0 },
		{ "cuEventRecord", "cuEventRecord_ptsz", 2 },
		{ "cuEventRecordWithFlags", "cuEventRecordWithFlags", 0 },
		{ "cuCtxSynchronize", "cuCtxSynchronize", 0 },
		{ "cuMemcpyDtoH", "cuMemcpyDtoH_v2", 0 },
		{ "cuMemcpyDtoH", "cuMemcpyDtoH_v2_ptds", 2 },
		{ "cuMemcpyDtoHAsync", "cuMemcpyDtoHAsync_v2", 0 },
		{ "cuMemcpyDtoHAsync", "cuMemcpyDtoHAsync_v2_ptsz", 2 },
	};
	static const int versions[] = { 11030, 12000, 13000 };
	int (*init)(unsigned int), (*get)(const char *, void **, int, uint64_t, int *), differ = 0;
	void *library = dlopen("libcuda.so.1", RTLD_NOW);

	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		return 2;
	}
	*(void **)&init = dlsym(library, "cuInit");
	*(void **)&get = dlsym(library, "cuGetProcAddress_v2");
	if (!init || !get || init(0))
		return 3;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		void *exported = dlsym(library, all[i].exported);

		printf("%-28s %s", all[i].exported, exported ? "" : "is not exported ");
		for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++) {
			void *got = NULL;
			int found = 0,
			    error = get(all[i].name, &got, versions[v], all[i].flags, &found);

			printf(" %d: %s", versions[v],
			       error || !got	 ? "none"
			       : got == exported ? "same"
						 : "ANOTHER");
			differ += got && got != exported;
		}
		printf("\n");
	}
	printf("%d differ\n", differ);
	return 0;
}

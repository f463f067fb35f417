type Some = readonly [string, ...string[]];

/** Where made-up people live: names in the script they are written in, towns, and how phone numbers begin. */
export interface Region {
  readonly country: string;
  readonly phone: string;
  readonly female: Some;
  readonly male: Some;
  readonly family: Some;
  readonly places: readonly [Place, ...Place[]];
  readonly street: string;
}

export interface Place {
  readonly city: string;
  readonly state: string;
  readonly latitude: number;
  readonly longitude: number;
}

const place = (city: string, state: string, latitude: number, longitude: number): Place => ({
  city,
  state,
  latitude,
  longitude,
});

/** Latin with and without diacritics, Arabic, Ethiopic, Devanagari, Bengali, Lao: what real registers hold. */
export const regions: readonly [Region, ...Region[]] = [
  {
    country: 'KE',
    phone: '+2547',
    female: ['Akinyi', 'Wanjiku', 'Achieng', 'Nyambura', 'Chebet', 'Halima', 'Mwende', 'Nafula'],
    male: ['Otieno', 'Kamau', 'Kipchoge', 'Mutua', 'Barasa', 'Omondi', 'Juma', 'Njoroge'],
    family: ['Odhiambo', 'Kariuki', 'Cheruiyot', 'Wafula', 'Mwangi', 'Ochieng', 'Hassan', "Ng'ang'a"],
    places: [place('Kisumu', 'Kisumu', -0.0917, 34.768), place('Nakuru', 'Nakuru', -0.3031, 36.08)],
    street: 'Plot',
  },
  {
    country: 'SN',
    phone: '+22177',
    female: ['Aïssatou', 'Fatou', 'Mariétou', 'Ndèye', 'Coumba', 'Khady', 'Bineta', 'Sokhna'],
    male: ['Mamadou', 'Ousmane', 'Cheikh', 'Ibrahima', 'Modou', 'Abdoulaye', 'Sédar', 'Élimane'],
    family: ['Diop', 'Ndiaye', 'Sène', 'Faye', 'Guèye', 'Mbaye', 'Sarr', 'Thiam'],
    places: [place('Thiès', 'Thiès', 14.791, -16.926), place('Ziguinchor', 'Ziguinchor', 12.568, -16.273)],
    street: 'Rue',
  },
  {
    country: 'ET',
    phone: '+2519',
    female: ['አልማዝ', 'ትዕግስት', 'ሰላም', 'ብርሃኔ', 'ሄለን', 'ፀሐይ'],
    male: ['አበበ', 'ተስፋዬ', 'ዳዊት', 'ግርማ', 'ሙሉጌታ', 'ዮሐንስ'],
    family: ['በቀለ', 'ኃይሌ', 'ገብረ', 'ወልደ', 'ታደሰ', 'ከበደ'],
    places: [place('ባሕር ዳር', 'አማራ', 11.5936, 37.3908), place('ሐዋሳ', 'ሲዳማ', 7.062, 38.476)],
    street: 'ቀበሌ',
  },
  {
    country: 'JO',
    phone: '+96279',
    female: ['فاطمة', 'مريم', 'نور', 'سعاد', 'رانيا', 'هدى'],
    male: ['أحمد', 'محمود', 'يوسف', 'خالد', 'عمر', 'سليم'],
    family: ['الحسن', 'العلي', 'حداد', 'النجار', 'الخطيب', 'صالح'],
    places: [place('إربد', 'إربد', 32.5556, 35.85), place('المفرق', 'المفرق', 32.3429, 36.208)],
    street: 'شارع',
  },
  {
    country: 'NP',
    phone: '+97798',
    female: ['सीता', 'गीता', 'लक्ष्मी', 'सरिता', 'अनिता', 'माया'],
    male: ['राम', 'हरि', 'कृष्ण', 'विष्णु', 'सुरेश', 'दीपक'],
    family: ['थापा', 'श्रेष्ठ', 'गुरुङ', 'तामाङ', 'खड्का', 'अधिकारी'],
    places: [place('पोखरा', 'गण्डकी', 28.2096, 83.9856), place('जनकपुर', 'मधेश', 26.7288, 85.9263)],
    street: 'वडा',
  },
  {
    country: 'BD',
    phone: '+88017',
    female: ['আয়েশা', 'রহিমা', 'সুমাইয়া', 'নাসরিন', 'শিরিন', 'ফারহানা'],
    male: ['আব্দুল', 'করিম', 'রফিক', 'জামাল', 'হাসান', 'সোহেল'],
    family: ['হোসেন', 'রহমান', 'ইসলাম', 'চৌধুরী', 'আহমেদ', 'খান'],
    places: [place('খুলনা', 'খুলনা', 22.8456, 89.5403), place('রংপুর', 'রংপুর', 25.7439, 89.2752)],
    street: 'সড়ক',
  },
  {
    country: 'LA',
    phone: '+85620',
    female: ['ບົວ', 'ແກ້ວ', 'ນ້ອຍ', 'ຈັນ', 'ມະນີ'],
    male: ['ບຸນ', 'ຄຳ', 'ສີ', 'ທອງ', 'ພອນ'],
    family: ['ພົມມະຈັນ', 'ສີສຸວັນ', 'ວົງສາ', 'ໄຊຍະວົງ', 'ອິນທະວົງ'],
    places: [place('ປາກເຊ', 'ຈຳປາສັກ', 15.1105, 105.8145), place('ຫຼວງພະບາງ', 'ຫຼວງພະບາງ', 19.8856, 102.1347)],
    street: 'ບ້ານ',
  },
  {
    country: 'VN',
    phone: '+849',
    female: ['Thị Hương', 'Thị Lan', 'Ngọc Ánh', 'Thị Mỹ', 'Bích Thủy', 'Thu Hằng'],
    male: ['Văn Đức', 'Minh Tuấn', 'Quốc Việt', 'Văn Hùng', 'Đình Phúc', 'Xuân Trường'],
    family: ['Nguyễn', 'Trần', 'Lê', 'Phạm', 'Đặng', 'Huỳnh'],
    places: [place('Huế', 'Thừa Thiên Huế', 16.4637, 107.5909), place('Cần Thơ', 'Cần Thơ', 10.0452, 105.7469)],
    street: 'Đường',
  },
];
